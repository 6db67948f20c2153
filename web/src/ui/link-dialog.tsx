import { useEffect, useId, useState } from 'react'
import { address, ask } from '../api/client.ts'
import { ApiError, isAbort } from '../api/errors.ts'
import type { LinkView } from '../api/types.ts'
import { plainLink, qrAddress } from '../links.ts'
import { Copy } from './copy.tsx'
import { Dialog } from './dialog.tsx'
import { Fault } from './notice.tsx'
import { Name } from './text.tsx'

interface Linked {
  cid: string
  name: string
  size: number
}

/** The links to a file or folder, to be copied, and as a code for a phone. */
export function LinkDialog({ file, onClose }: { file: Linked; onClose: () => void }) {
  const { link, error } = useLink(file)
  const [failed, setFailed] = useState(false)
  const qr = link && qrAddress(link.shoal)
  return (
    <Dialog title={<Name text={file.name} />} onClose={onClose}>
      <Fault error={error} />
      {link && (
        <>
          {!link.http && <p>You do not share this (yet), so the link says what it is, and not who has it.</p>}
          <LinkField label="Link for Shoal" text={link.shoal} />
          {link.http && (
            <>
              <LinkField label="Link for browsers" text={link.http} />
              <p className="soft small">
                It leads to this node: others can open it only where they reach it under this address. The
                link for Shoal works everywhere.
              </p>
            </>
          )}
          {qr && !failed && (
            <img
              className="qr"
              src={qr}
              alt="The link for Shoal as a QR code"
              width="240"
              height="240"
              onError={() => setFailed(true)}
            />
          )}
        </>
      )}
    </Dialog>
  )
}

function LinkField({ label, text }: { label: string; text: string }) {
  const id = useId()
  return (
    <div className="field">
      <label className="label" htmlFor={id}>
        {label}
      </label>
      <div className="row">
        <input
          id={id}
          className="input mono grow"
          readOnly
          value={text}
          onFocus={(event) => event.target.select()}
        />
        <Copy text={text} />
      </div>
    </div>
  )
}

/** The link with who has it, when it is shared here; else one that only says what it is. */
function useLink(file: Linked): { link?: Pick<LinkView, 'shoal'> & { http?: string }; error?: unknown } {
  const [state, setState] = useState<ReturnType<typeof useLink>>({})
  const { cid, name, size } = file
  useEffect(() => {
    const life = new AbortController()
    ask<LinkView>(address('/api/v1/links', { target: cid }), { signal: life.signal }).then(
      (link) => setState({ link }),
      (error) => {
        if (isAbort(error)) return
        if (error instanceof ApiError && error.code === 'NOT_FOUND')
          setState({ link: { shoal: plainLink({ cid, name, size }) } })
        else setState({ error })
      },
    )
    return () => life.abort()
  }, [cid, name, size])
  return state
}
