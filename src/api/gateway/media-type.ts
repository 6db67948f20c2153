import mime from 'mime'

const OCTETS = 'application/octet-stream'

/** Beginnings of files by which their type is told when there is no name; hex, `.` for any digit. Nothing that a browser would run. */
const SIGNATURES: readonly [pattern: RegExp, type: string][] = [
  [/^89504e470d0a1a0a/, 'image/png'],
  [/^ffd8ff/, 'image/jpeg'],
  [/^47494638(37|39)61/, 'image/gif'],
  [/^52494646.{8}57454250/, 'image/webp'],
  [/^52494646.{8}57415645/, 'audio/wav'],
  [/^.{8}6674797061766966/, 'image/avif'],
  [/^.{8}667479704d3441/, 'audio/mp4'],
  [/^.{8}66747970/, 'video/mp4'],
  [/^1a45dfa3/, 'video/webm'],
  [/^4f676753/, 'audio/ogg'],
  [/^664c6143/, 'audio/flac'],
  [/^(494433|fffb|fff3|fff2)/, 'audio/mpeg'],
  [/^255044462d/, 'application/pdf'],
  [/^504b0304/, 'application/zip'],
  [/^1f8b08/, 'application/gzip'],
]

/** Bytes that are looked at. */
export const SNIFFED_BYTES = 512

/** The type that a name's ending tells; undefined when it tells none. Text is taken as UTF-8. */
export function typeOfName(name: string): string | undefined {
  // Without a dot, mime takes the whole name as an ending.
  return withCharset((name.includes('.') && mime.getType(name)) || undefined)
}

/**
 * The type that the beginning of a file tells. Text is only ever plain: what would be run when it is shown has to be named so.
 *
 * @param head the first {@link SNIFFED_BYTES} bytes, or all there are
 */
export function typeOfBytes(head: Uint8Array): string {
  const bytes = head.subarray(0, SNIFFED_BYTES)
  const hex = Buffer.from(bytes).toString('hex')
  const found = SIGNATURES.find(([pattern]) => pattern.test(hex))
  if (found) return found[1]
  return isText(bytes) ? 'text/plain; charset=utf-8' : OCTETS
}

/**
 * True for types that cannot run anything in this origin when a browser shows them. All others, known or not, are to be shown without rights
 * only. Scripts of a PDF run in the viewer, which is of no origin; in a sandbox Chromium does not show it at all.
 * https://mimesniff.spec.whatwg.org/#scriptable-mime-type
 */
export function isPassive(type: string): boolean {
  const [essence = ''] = type.split(';', 1)
  if (/^(audio|video|font)\//.test(essence)) return true
  if (/^image\//.test(essence)) return !essence.endsWith('+xml')
  return ['text/plain', 'text/csv', 'text/markdown', 'application/json', 'application/pdf', OCTETS].includes(
    essence,
  )
}

function withCharset(type: string | undefined): string | undefined {
  return type?.startsWith('text/') ? `${type}; charset=utf-8` : type
}

function isText(bytes: Uint8Array): boolean {
  if (bytes.includes(0)) return false
  try {
    // As a stream: the last character may be cut in two.
    new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: true })
    return true
  } catch {
    return false
  }
}
