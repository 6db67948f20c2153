import type { ReactNode } from 'react'
import { useSignedIn } from '../../state/use.ts'
import { Button } from '../../ui/button.tsx'
import { Fault } from '../../ui/notice.tsx'
import { ScrollX } from '../../ui/scroll-x.tsx'
import type { useLog } from './use-log.ts'

interface Props {
  title: string
  /** What the list is of. */
  about: string
  /** Instead of a list without rows. */
  empty: string
  log: ReturnType<typeof useLog>
  children: ReactNode
}

/** A log of the node: what needs the token, what is wrong, and the rest of it. */
export function LogCard({ title, about, empty, log, children }: Props) {
  const signedIn = useSignedIn()
  const { rows, hasMore, more, error, isRead } = log
  return (
    <section className="card">
      <h2>{title}</h2>
      {signedIn ? (
        <>
          <Fault error={error ?? more.error} />
          {isRead && rows.length === 0 ? (
            <p className="soft">{empty}</p>
          ) : (
            <>
              <p className="soft small">{about}</p>
              {rows.length > 0 && <ScrollX label={title}>{children}</ScrollX>}
            </>
          )}
          {hasMore && <Button label="Show older ones" disabled={more.busy} onClick={() => more.run()} />}
        </>
      ) : (
        <p className="soft">
          What is searched for is told to the owner of the node only: sign in with the token to see it.
        </p>
      )}
    </section>
  )
}
