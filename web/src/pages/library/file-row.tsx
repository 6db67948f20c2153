import { memo, useState } from 'react'
import { printable } from '../../../../src/base/printable.ts'
import { address, ask } from '../../api/client.ts'
import type { LibraryEntry } from '../../api/types.ts'
import { formatAgo, formatBytes } from '../../format.ts'
import { KIND_ICONS, kindOf, previewOf } from '../../kinds.ts'
import { Button } from '../../ui/button.tsx'
import { Confirm } from '../../ui/confirm.tsx'
import { Icon } from '../../ui/icon.tsx'
import { KeepDialog } from '../../ui/keep-dialog.tsx'
import { LinkDialog } from '../../ui/link-dialog.tsx'
import { PreviewDialog } from '../../ui/preview.tsx'
import { Id, Name } from '../../ui/text.tsx'
import { FileDetails } from './file-details.tsx'
import { folderOf } from './words.ts'

type Shown = 'details' | 'link' | 'preview' | 'keep' | 'remove'

/** One shared file. */
export const FileRow = memo(function FileRow({ entry }: { entry: LibraryEntry }) {
  const [shown, setShown] = useState<Shown>()
  const { name, path, size, modifiedMs, cid, file } = entry
  const folder = folderOf(path)
  const close = () => setShown(undefined)
  return (
    <article className="item file" aria-label={printable(name)}>
      <Icon name={KIND_ICONS[kindOf(entry)]} size={24} />
      <div className="item-text">
        <button type="button" className="item-name file-name" onClick={() => setShown('details')}>
          <Name text={name} className="cut" />
        </button>
        <p className="file-facts soft small">
          <span className="nowrap">{formatBytes(size)}</span>
          {modifiedMs > 0 && <span className="nowrap">changed {formatAgo(modifiedMs)}</span>}
          <span className="file-cid">
            <Id id={cid} length={14} />
          </span>
          {folder && <Name text={folder} className="cut file-folder" />}
        </p>
      </div>
      <div className="file-actions">
        {previewOf(entry) && (
          <Button icon="eye" label="Look at it" kind="quiet" compact onClick={() => setShown('preview')} />
        )}
        <Button icon="link" label="Link" kind="quiet" compact onClick={() => setShown('link')} />
        <Button icon="people" label="Who has it" kind="quiet" compact onClick={() => setShown('details')} />
        <Button
          icon="copies"
          label="Keep copies with peers…"
          kind="quiet"
          compact
          onClick={() => setShown('keep')}
        />
        <Button icon="bin" label="Stop sharing" kind="quiet" compact onClick={() => setShown('remove')} />
      </div>
      {shown === 'details' && <FileDetails entry={entry} onClose={close} />}
      {shown === 'link' && <LinkDialog file={{ cid, name, size }} onClose={close} />}
      {shown === 'preview' && <PreviewDialog file={entry} onClose={close} />}
      {shown === 'keep' && <KeepDialog name={name} target={{ cid }} onClose={close} />}
      {shown === 'remove' && (
        <Confirm
          title="Stop sharing this file?"
          label="Stop sharing"
          onClose={close}
          act={() => ask(address('/api/v1/library', { target: file }), { method: 'DELETE' })}
        >
          <p>
            <Name text={file} /> is left out from now on. It is not deleted. To share it again, enter its
            path.
          </p>
        </Confirm>
      )}
    </article>
  )
})
