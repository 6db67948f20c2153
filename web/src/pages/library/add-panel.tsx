import { type FormEvent, useState } from 'react'
import { countOf, formatBytes } from '../../format.ts'
import { Button } from '../../ui/button.tsx'
import { Fault } from '../../ui/notice.tsx'
import { Name } from '../../ui/text.tsx'
import { DropZone } from './drop-zone.tsx'
import { type Added, useAdding } from './use-adding.ts'
import { leftOutText } from './words.ts'

/** Shares more: folders and files where they are, by their path; or files that are sent through the page. */
export function AddPanel() {
  const [path, setPath] = useState('')
  const adding = useAdding(() => setPath(''))
  function submit(event: FormEvent): void {
    event.preventDefault()
    void adding.run(path.trim())
  }
  return (
    <section className="card add" aria-labelledby="add-title">
      <h2 id="add-title">Share more</h2>
      <form className="row" onSubmit={submit}>
        <label className="grow">
          <span className="unseen">Path of a folder or file on the computer of the node</span>
          <input
            className="input"
            value={path}
            onChange={(event) => setPath(event.target.value)}
            placeholder="Path of a folder or file, such as /home/ada/Music"
            autoComplete="off"
            spellCheck={false}
            maxLength={4096}
            required
          />
        </label>
        <Button type="submit" label="Share" kind="main" disabled={adding.busy} />
      </form>
      <Fault error={adding.error} onClose={adding.clear} />
      {adding.added && <AddState added={adding.added} />}
      <DropZone />
    </section>
  )
}

function AddState({ added: { files, bytes, last, leftOut } }: { added: Added }) {
  return (
    <div role={leftOut ? 'status' : undefined} className="small add-state">
      {leftOut ? 'Shared: ' : 'Hashing: '}
      {countOf(files, 'file')}, {formatBytes(bytes)}. <Name text={last} className="soft" />
      {leftOut && leftOut.count > 0 && (
        <>
          <p className="left-out">
            {countOf(leftOut.count, 'file or folder was', 'files and folders were')} left out:
          </p>
          <ul>
            {leftOut.examples.map(({ path, reason }) => (
              <li key={path}>
                <Name text={path} />: {leftOutText(reason)}
              </li>
            ))}
            {leftOut.count > leftOut.examples.length && <li>and others</li>}
          </ul>
        </>
      )}
    </div>
  )
}
