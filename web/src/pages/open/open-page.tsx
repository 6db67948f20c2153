import { type FormEvent, useEffect, useState } from 'react'
import { ask } from '../../api/client.ts'
import type { OpenedLink } from '../../api/types.ts'
import { useAction, useSignedIn } from '../../state/use.ts'
import { useQuery } from '../../state/use-query.ts'
import { Button } from '../../ui/button.tsx'
import { Fault } from '../../ui/notice.tsx'
import { Linked } from './linked.tsx'
import { Register } from './register.tsx'
import './open.css'

/** Longest link that the node takes. */
const MAX_LENGTH = 8192

/** Shows what a link leads to, before anything is fetched. */
export default function OpenPage() {
  const [params, setParams] = useQuery()
  const link = params.get('link') ?? ''
  const [text, setText] = useState(link)
  const { opened, error, busy } = useOpened(link)
  useEffect(() => setText(link), [link])
  function submit(event: FormEvent): void {
    event.preventDefault()
    setParams({ link: text.trim() })
  }
  return (
    <>
      <h1>Open a link</h1>
      <form className="row open-form" onSubmit={submit}>
        <label className="grow">
          <span className="unseen">Link or CID</span>
          <input
            className="input"
            value={text}
            onChange={(event) => setText(event.target.value)}
            placeholder="shoal:…, ipfs://…, magnet:…, or an address with /ipfs/"
            autoComplete="off"
            spellCheck={false}
            maxLength={MAX_LENGTH}
            required
          />
        </label>
        <Button type="submit" label="Open" kind="main" disabled={busy} />
      </form>
      <Fault error={error} />
      {opened && <Linked key={link} link={link} opened={opened} />}
      {link === '' && (
        <p className="soft">
          A link says what a file or folder is, and mostly who has it. Nothing is fetched before you say so.
        </p>
      )}
      <Register />
    </>
  )
}

/** What the node makes of the link; asked once for each, and again when somebody signs in. */
function useOpened(link: string) {
  const signedIn = useSignedIn()
  const [answer, setAnswer] = useState<{ link: string; opened: OpenedLink }>()
  const action = useAction(async (wanted: string) => {
    const opened = await ask<OpenedLink>('/api/v1/links', { method: 'POST', json: { link: wanted } })
    setAnswer({ link: wanted, opened })
  })
  // biome-ignore lint/correctness/useExhaustiveDependencies: the action is made anew each time
  useEffect(() => {
    if (link !== '') void action.run(link)
    else action.clear()
  }, [link, signedIn])
  return { ...action, opened: answer?.link === link ? answer.opened : undefined }
}
