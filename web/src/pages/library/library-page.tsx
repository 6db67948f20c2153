import type { Status } from '../../api/types.ts'
import { countOf, formatBytes } from '../../format.ts'
import { useAsk } from '../../state/use.ts'
import { Fault } from '../../ui/notice.tsx'
import { AddPanel } from './add-panel.tsx'
import { FileList } from './file-list.tsx'
import { Hashing } from './hashing.tsx'
import { SendingList } from './sending-list.tsx'
import { Shares } from './shares.tsx'
import { Verify } from './verify.tsx'
import './library.css'

/** What this node shares, and how to share more or less. */
export default function LibraryPage() {
  const { data, error } = useAsk<Status>('/api/v1/status', { everyMs: 1500, on: ['library'] })
  return (
    <>
      <header className="library-head">
        <h1>Library</h1>
        {data && <p className="soft">{sharedText(data.library)}</p>}
      </header>
      {!data && <Fault error={error} />}
      <AddPanel />
      <SendingList />
      {data?.library.hashing && <Hashing hashing={data.library.hashing} />}
      <Shares />
      <Verify />
      <FileList library={data?.library} />
    </>
  )
}

function sharedText({ files, folders, sizeBytes, damaged }: Status['library']): string {
  const shared = `${countOf(files, 'file')} in ${countOf(folders, 'folder')}, ${formatBytes(sizeBytes)}`
  return damaged > 0
    ? `${shared}; ${countOf(damaged, 'damaged file is', 'damaged files are')} not shared`
    : shared
}
