import { type FormEvent, useState } from 'react'
import { address, ask } from '../../api/client.ts'
import type { KeptReplica } from '../../api/types.ts'
import { useAction } from '../../state/use.ts'
import { Button } from '../../ui/button.tsx'
import { Fault } from '../../ui/notice.tsx'
import { namesPeers } from './words.ts'

/** Keeps something of others on purpose. */
export function PinForm({ onPinned }: { onPinned: () => void }) {
  const [target, setTarget] = useState('')
  const pin = useAction(async () => {
    const { cid, name } = await contentOf(target.trim())
    const json = name ? { name } : {}
    await ask<KeptReplica>(`/api/v1/pins/${encodeURIComponent(cid)}`, { method: 'PUT', json })
    setTarget('')
    onPinned()
  })
  function submit(event: FormEvent): void {
    event.preventDefault()
    pin.run()
  }
  return (
    <>
      <form className="row" onSubmit={submit}>
        <label className="grow">
          <span className="unseen">CID, link or exact file name of what to keep</span>
          <input
            className="input"
            value={target}
            onChange={(event) => setTarget(event.target.value)}
            placeholder="CID or link of something to keep here on purpose"
            autoComplete="off"
            spellCheck={false}
            maxLength={8192}
            required
          />
        </label>
        <Button type="submit" icon="pin" label="Pin" disabled={pin.busy} />
      </form>
      <Fault error={pin.error} onClose={pin.clear} />
    </>
  )
}

/** A link that says who has the content is opened, so that they are asked. */
const contentOf = (target: string): Promise<{ cid: string; name?: string }> =>
  namesPeers(target)
    ? ask('/api/v1/links', { method: 'POST', json: { link: target } })
    : ask(address('/api/v1/targets', { target }))
