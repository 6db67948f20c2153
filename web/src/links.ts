/** A link that says what something is and not who has it: for what is not shared here (yet). */
export function plainLink({ cid, name, size }: { cid: string; name: string; size: number }): string {
  const facts = [name !== '' && `name=${encodeURIComponent(name.toWellFormed())}`, size > 0 && `size=${size}`]
  const query = facts.filter(Boolean).join('&')
  return `shoal:${cid}${query && `?${query}`}`
}

/** Where this node's gateway gives the content. */
export const contentPath = ({ cid, name, kind }: { cid: string; name: string; kind: string }): string =>
  kind === 'folder' ? `/ipfs/${cid}/` : `/ipfs/${cid}?filename=${encodeURIComponent(name.toWellFormed())}`

/** Letters that a QR code has room for. */
const MAX_QR_LENGTH = 2000

/** The address of a QR code of `text`; undefined when it is too long for one. */
export const qrAddress = (text: string): string | undefined =>
  text.length > MAX_QR_LENGTH ? undefined : `/api/v1/links/qr.svg?text=${encodeURIComponent(text)}`
