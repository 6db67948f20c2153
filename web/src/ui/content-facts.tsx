import { formatBytes } from '../format.ts'
import { Copy } from './copy.tsx'

interface Content {
  cid: string
  sha256?: string | undefined
  size: number
}

/** What is proved of a file: for a list of facts. */
export function ContentFacts({ content: { cid, sha256, size } }: { content: Content }) {
  return (
    <>
      <dt>Size</dt>
      <dd>
        {formatBytes(size)} ({size.toLocaleString()} bytes)
      </dd>
      <dt title="The name of the content: whoever has the same bytes has the same CID">CID</dt>
      <dd>
        <code>{cid}</code>
      </dd>
      {sha256 && (
        <>
          <dt>SHA-256</dt>
          <dd>
            <code>{sha256}</code>
          </dd>
        </>
      )}
    </>
  )
}

/** The names of a content, to be taken elsewhere. */
export function CopyFacts({ content: { cid, sha256 } }: { content: Content }) {
  return (
    <p className="row details-copy">
      <Copy text={cid} label="Copy CID" />
      {sha256 && <Copy text={sha256} label="Copy SHA-256" />}
    </p>
  )
}
