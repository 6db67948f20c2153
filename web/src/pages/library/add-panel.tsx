import { type DragEvent, type FormEvent, useRef, useState } from 'react'
import { printable } from '../../../../src/base/printable.ts'
import { countOf, formatBytes } from '../../format.ts'
import { say } from '../../state/toasts.ts'
import { useSignedIn } from '../../state/use.ts'
import { Button } from '../../ui/button.tsx'
import { Icon } from '../../ui/icon.tsx'
import { Fault } from '../../ui/notice.tsx'
import { Name } from '../../ui/text.tsx'
import { droppedOf } from './dropped.ts'
import { outgoing } from './outgoing.ts'
import { useAdding } from './use-adding.ts'

/** Shares more: folders and files where they are, by their path; or files that are sent through the page. */
export function AddPanel() {
  const [path, setPath] = useState('')
  const adding = useAdding(() => setPath(''))
  const [told, setTold] = useState('')
  const signedIn = useSignedIn()
  const [over, setOver] = useState(false)
  const picker = useRef<HTMLInputElement>(null)

  function submit(event: FormEvent): void {
    event.preventDefault()
    void adding.run(path.trim())
  }
  function take(files: readonly File[], folders: readonly string[] = []): void {
    const isAllowed = files.length === 0 || signedIn
    setTold(isAllowed ? foldersText(folders) : 'Sign in first: this changes the node.')
    if (!isAllowed) return
    const tooMany = outgoing.add(files)
    if (tooMany > 0)
      say(`${countOf(tooMany, 'file')} too many at once. Enter the path of their folder instead.`)
  }
  const drag = (event: DragEvent, isOver: boolean) => {
    if (!event.dataTransfer.types.includes('Files')) return
    event.preventDefault()
    setOver(isOver)
  }
  return (
    <section
      className={over ? 'card add over' : 'card add'}
      aria-labelledby="add-title"
      onDragOver={(event) => drag(event, true)}
      onDragLeave={(event) => drag(event, false)}
      onDrop={(event) => {
        drag(event, false)
        const { files, folders } = droppedOf(event.dataTransfer.items)
        take(files, folders)
      }}
    >
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
      {adding.added && (
        <p role="status" className="small add-state">
          {adding.added.isDone ? 'Shared: ' : 'Hashing: '}
          {countOf(adding.added.files, 'file')}, {formatBytes(adding.added.bytes)}.{' '}
          {adding.added.isDone ? LEFT_OUT : <Name text={adding.added.last} className="soft" />}
        </p>
      )}
      <div className="drop">
        <Icon name="send" size={26} />
        <p>
          Drop files here, or{' '}
          <button type="button" className="link-like" onClick={() => picker.current?.click()}>
            choose them
          </button>
          . They are copied to the node and shared from there.
        </p>
        <input
          ref={picker}
          type="file"
          multiple
          hidden
          onChange={(event) => {
            take([...(event.target.files ?? [])])
            event.target.value = ''
          }}
        />
      </div>
      {told && (
        <p className="notice warn" role="status">
          <span>{told}</span>
        </p>
      )}
    </section>
  )
}

const LEFT_OUT = 'Hidden files, links and temporary ones are left out.'

function foldersText(folders: readonly string[]): string {
  if (folders.length === 0) return ''
  const names = folders.slice(0, 3).map((name) => `“${printable(name)}”`)
  const all = names.join(', ') + (folders.length > 3 ? ' …' : '')
  return `A page cannot share a folder that is dropped (${all}): the browser does not tell where it is. Enter its path above, and it is shared where it lies.`
}
