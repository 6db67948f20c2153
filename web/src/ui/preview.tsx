import { useEffect, useState } from 'react'
import { printable } from '../../../src/base/printable.ts'
import { address, call } from '../api/client.ts'
import { isAbort } from '../api/errors.ts'
import { formatBytes } from '../format.ts'
import { type Preview, previewOf } from '../kinds.ts'
import { Dialog } from './dialog.tsx'
import { Fault } from './notice.tsx'
import { Name } from './text.tsx'

/** Bytes of a text that are shown. */
const TEXT_BYTES = 256 * 1024

/** A PDF is in memory as a whole: the viewer of the browser takes it from there, and may load nothing else. */
const MAX_PDF_BYTES = 64 * 1024 * 1024

interface File {
  cid: string
  name: string
  size: number
  kind: 'file' | 'folder'
}

/** Looks at a file, whether it is here, on its way, or only with others: the gateway brings what is seen, each block verified. */
export function PreviewDialog({ file, onClose }: { file: File; onClose: () => void }) {
  const kind = previewOf(file)
  return (
    <Dialog title={<Name text={file.name} />} onClose={onClose} wide>
      {kind ? <Shown file={file} kind={kind} /> : <p>This kind of file is not shown here.</p>}
      <p className="soft small preview-note">
        {formatBytes(file.size)}. What you look at comes from those who have it, verified block by block, and
        is not kept.
      </p>
    </Dialog>
  )
}

/** Where the gateway gives it. */
const contentAddress = ({ cid, name }: File): string => address(`/ipfs/${cid}`, { filename: name })

function Shown({ file, kind }: { file: File; kind: Preview }) {
  const [failed, setFailed] = useState(false)
  const fault = failed && (
    <Fault
      error={
        new Error(
          'This cannot be shown: nobody gives it now, it is not what its name says, or the browser does not know the format.',
        )
      }
    />
  )
  const src = contentAddress(file)
  switch (kind) {
    case 'image':
      return <>{fault || <img className="preview" src={src} alt="" onError={() => setFailed(true)} />}</>
    case 'audio':
      return (
        <>
          {/* biome-ignore lint/a11y/useMediaCaption: files of others have none */}
          <audio className="preview" src={src} controls autoPlay onError={() => setFailed(true)} />
          {fault}
        </>
      )
    case 'video':
      return (
        <>
          {/* biome-ignore lint/a11y/useMediaCaption: files of others have none */}
          <video className="preview" src={src} controls autoPlay onError={() => setFailed(true)} />
          {fault}
        </>
      )
    case 'text':
      return <Text file={file} />
    case 'pdf':
      return <Pdf file={file} />
  }
}

function Text({ file }: { file: File }) {
  const { value, error } = useLoaded(file, async (signal) => {
    const range = { range: `bytes=0-${TEXT_BYTES - 1}` }
    const response = await call(contentAddress(file), { signal, headers: file.size > 0 ? range : {} })
    return response.text()
  })
  if (error) return <Fault error={error} />
  return (
    <>
      <pre className="preview preview-text">{value ?? '…'}</pre>
      {file.size > TEXT_BYTES && <p className="soft small">The first {formatBytes(TEXT_BYTES)}.</p>}
    </>
  )
}

function Pdf({ file }: { file: File }) {
  const { value, error } = useLoaded(file, async (signal) => {
    const refuseLarge = (bytes: number) => {
      if (bytes > MAX_PDF_BYTES)
        throw new Error(`A PDF of more than ${formatBytes(MAX_PDF_BYTES)} is not shown here. Get it first.`)
    }
    refuseLarge(file.size)
    const response = await call(contentAddress(file), { signal })
    // The size in a result is what somebody said; this is what the content has.
    refuseLarge(Number(response.headers.get('content-length')))
    return new Blob([await response.arrayBuffer()], { type: 'application/pdf' })
  })
  const [url, setUrl] = useState<string>()
  useEffect(() => {
    if (!value) return
    const made = URL.createObjectURL(value)
    setUrl(made)
    return () => URL.revokeObjectURL(made)
  }, [value])
  if (error) return <Fault error={error} />
  return url ? <iframe className="preview preview-pdf" title={printable(file.name)} src={url} /> : <p>…</p>
}

/** What `load` gives of the file; nothing is loaded further when it is closed. */
function useLoaded<T>(file: File, load: (signal: AbortSignal) => Promise<T>) {
  const [state, setState] = useState<{ value?: T; error?: unknown }>({})
  // biome-ignore lint/correctness/useExhaustiveDependencies: once a file
  useEffect(() => {
    const life = new AbortController()
    load(life.signal).then(
      (value) => setState({ value }),
      (error) => !isAbort(error) && setState({ error }),
    )
    return () => life.abort()
  }, [file.cid])
  return state
}
