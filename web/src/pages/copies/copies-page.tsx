import { Link } from 'wouter'
import type { ReplicaList } from '../../api/types.ts'
import { useAsk, useSignedIn } from '../../state/use.ts'
import { Empty, Fault } from '../../ui/notice.tsx'
import { SignIn } from '../sign-in.tsx'
import './copies.css'
import { KeptCard } from './kept-card.tsx'
import { OrderCard } from './order-card.tsx'

/** Most orders that are shown. */
const MAX_ORDERS = 200

/** What peers keep of what is shared here, and what this node keeps for them. */
export default function CopiesPage() {
  const signedIn = useSignedIn()
  return (
    <>
      <h1>Copies</h1>
      <p className="soft">
        Peers keep copies of what you share, so that it is there while this computer is off. Each of them is
        asked for random parts now and then; copies that go are replaced.
      </p>
      {signedIn ? (
        <>
          <Orders />
          <KeptCard />
        </>
      ) : (
        <Empty title="What is kept for whom is nobody else’s business.">
          <SignIn />
        </Empty>
      )}
    </>
  )
}

function Orders() {
  const { data, error, refresh } = useAsk<ReplicaList>(`/api/v1/replicas?role=owner&limit=${MAX_ORDERS}`, {
    everyMs: 15_000,
    on: ['replica'],
  })
  return (
    <section aria-label="Copies of what you share">
      <Fault error={error} />
      {data?.replicas.length === 0 && (
        <Empty title="No copies are ordered yet.">
          <p>
            Choose “Keep copies with peers…” beside a file in the <Link href="/library">library</Link>.
          </p>
        </Empty>
      )}
      {data?.replicas.map((order) => (
        <OrderCard key={order.cid} order={order} onChanged={refresh} />
      ))}
      {data?.cursor !== undefined && (
        <p className="soft small">These are the newest {MAX_ORDERS}. “shoal replicas” lists them all.</p>
      )}
    </section>
  )
}
