import { useDeferredValue, useState } from 'react'
import type { LibraryEntry, Status } from '../../api/types.ts'
import { countOf } from '../../format.ts'
import { Button } from '../../ui/button.tsx'
import { Empty, Fault } from '../../ui/notice.tsx'
import { VirtualList } from '../../ui/virtual-list.tsx'
import { FileRow } from './file-row.tsx'
import { useFiles } from './use-files.ts'
import { queryOf } from './words.ts'

/** Height of a row before it is measured, px. */
const ROW_PX = 66

const keyOf = ({ file }: LibraryEntry) => file

/** All shared files, or those that have the words. */
export function FileList({ library }: { library: Status['library'] | undefined }) {
  const [text, setText] = useState('')
  const words = queryOf(useDeferredValue(text))
  const { loaded, error, isOld, more, refresh } = useFiles(words)
  const { entries = [], cursor } = loaded ?? {}
  const total = words === '' ? library?.files : undefined
  return (
    <section aria-labelledby="files-title">
      <div className="row files-bar">
        <h2 id="files-title">Files</h2>
        <label className="grow">
          <span className="unseen">Words in name or folder</span>
          <input
            className="input"
            type="search"
            value={text}
            onChange={(event) => setText(event.target.value)}
            placeholder="Find among the shared files"
            autoComplete="off"
            spellCheck={false}
            maxLength={500}
          />
        </label>
        {isOld && <Button icon="again" label="Changed: show anew" onClick={refresh} />}
      </div>
      <Fault error={error} />
      {loaded && words !== '' && (
        <p className="soft small" role="status">
          {countOf(entries.length, 'file')}
          {cursor !== undefined && ' and more'}
        </p>
      )}
      {loaded && entries.length === 0 && (
        <Empty title={words === '' ? 'Nothing is shared yet.' : 'No shared file has these words.'}>
          {words === '' && <p>Enter the path of a folder above, or drop files there.</p>}
        </Empty>
      )}
      {entries.length > 0 && (
        <VirtualList
          key={words}
          items={entries}
          keyOf={keyOf}
          rowPx={ROW_PX}
          {...(total !== undefined && { total })}
          onNearEnd={more}
          label="Shared files"
        >
          {(entry) => <FileRow entry={entry} />}
        </VirtualList>
      )}
    </section>
  )
}
