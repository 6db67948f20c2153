import { useState } from 'react'
import { previewOf } from '../../kinds.ts'
import { contentPath } from '../../links.ts'
import { Button } from '../../ui/button.tsx'
import { Icon } from '../../ui/icon.tsx'
import { PreviewDialog } from '../../ui/preview.tsx'

interface File {
  cid: string
  name: string
  size: number
  kind: 'file' | 'folder'
}

/** Opens what is here: in the page what it can show, else by the browser, in a tab of its own. */
export function OpenContent({ file }: { file: File }) {
  const [shown, setShown] = useState(false)
  if (!previewOf(file))
    return (
      <a
        className="button quiet compact"
        href={contentPath(file)}
        target="_blank"
        rel="noreferrer"
        title="Open in a new tab"
        aria-label="Open in a new tab"
      >
        <Icon name="out" size={20} />
      </a>
    )
  return (
    <>
      <Button icon="eye" label="Open" kind="quiet" compact onClick={() => setShown(true)} />
      {shown && <PreviewDialog file={file} onClose={() => setShown(false)} />}
    </>
  )
}
