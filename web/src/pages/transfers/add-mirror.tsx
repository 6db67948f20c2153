import { type FormEvent, useState } from 'react'
import { ask } from '../../api/client.ts'
import type { Download } from '../../api/types.ts'
import { say } from '../../state/toasts.ts'
import { useAction } from '../../state/use.ts'
import { Button } from '../../ui/button.tsx'
import { Fault } from '../../ui/notice.tsx'

/** Names a web server that has the same file, as one source more. */
export function AddMirror({ view }: { view: Download }) {
  const [url, setUrl] = useState('')
  const add = useAction(async () => {
    await ask('/api/v1/downloads', {
      method: 'POST',
      json: { target: view.cid, out: view.path, mirrors: [url.trim()] },
    })
    setUrl('')
    say('The mirror is asked, too.')
  })
  function submit(event: FormEvent): void {
    event.preventDefault()
    void add.run()
  }
  return (
    <details className="mirror">
      <summary className="small">Add a mirror</summary>
      <form className="row" onSubmit={submit}>
        <label className="grow">
          <span className="unseen">Address of a web server that has the same file</span>
          <input
            className="input"
            type="url"
            value={url}
            placeholder={view.kind === 'folder' ? 'https://example.org/folder/' : 'https://example.org/file'}
            onChange={(event) => setUrl(event.target.value)}
            maxLength={8000}
            required
          />
        </label>
        <Button type="submit" label="Add" disabled={add.busy} />
      </form>
      <p className="small soft">
        A web server that has the same {view.kind === 'folder' ? 'files below this address' : 'file'}. Every
        block that comes from it is verified.
      </p>
      <Fault error={add.error} onClose={add.clear} />
    </details>
  )
}
