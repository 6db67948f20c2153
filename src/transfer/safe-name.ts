/** Longest file name of the common file systems, bytes of UTF-8 (ext4, APFS, XFS; NTFS counts 255 UTF-16 units). */
export const MAX_NAME_BYTES = 255

/** Room that {@link safeName} leaves for what Shoal appends while a download runs: ` (9999).part`. */
const RESERVED_BYTES = 12

/** Longest extension that is kept when a name is cut, bytes. A longer one is no extension, just a name with a dot. */
const MAX_EXTENSION_BYTES = 32

const FALLBACK = 'unnamed'

/** Separators of any system, and control characters of C0, C1 and DEL. */
const FORBIDDEN = /[/\\\u0000-\u001f\u007f-\u009f]/g
/** What Windows does not allow besides. */
const FORBIDDEN_ON_WINDOWS = /[<>:"|?*]/g

/**
 * Characters that reorder or hide text, with which `gpj.exe` is shown as `exe.jpg`: bidi controls, zero-width and
 * other invisible format characters, and line separators (Unicode Technical Report 36, 3.2 and 3.6). The zero-width joiner and
 * non-joiner stay: emoji and several scripts need them.
 */
const INVISIBLE =
  /[\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\uffff]|\udb40[\udc00-\udfff]/g

/** https://learn.microsoft.com/windows/win32/fileio/naming-a-file: reserved with any extension too. */
const RESERVED = /^(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)(?=\.|$| )/i

/**
 * A file name that is safe here and shows what it is: one path part, never empty nor only dots and spaces, no control or bidi characters,
 * no name that Windows reserves (it may travel on), at most 255 bytes with what Shoal appends while it downloads. Keeps the extension
 * when it cuts. What this system allows stays, so that a folder that is fetched has its CID again; Windows forbids more
 * characters, and drops spaces and dots at the end. Safe names come back as they are.
 */
export function safeName(name: string, platform: NodeJS.Platform = process.platform): string {
  const isWindows = platform === 'win32'
  const trim = (text: string) => (isWindows || /^[\s.]*$/u.test(text) ? trimEnds(text) : text)
  let safe = name.toWellFormed().replace(FORBIDDEN, '_').replace(INVISIBLE, '')
  if (isWindows) safe = safe.replace(FORBIDDEN_ON_WINDOWS, '_')
  safe = trim(safe)
  if (RESERVED.test(safe)) safe = `_${safe}`
  safe = trim(cutName(safe, MAX_NAME_BYTES - RESERVED_BYTES))
  return safe === '' ? FALLBACK : safe
}

/** Leading spaces, and trailing dots and spaces, which Windows drops. This also makes `.` and `..` empty. */
function trimEnds(name: string): string {
  return name.replace(/^\s+/u, '').replace(/[\s.]+$/u, '')
}

/** What two names have in common that this system takes for one: it may fold case and Unicode forms. */
function sameKey(name: string, platform: NodeJS.Platform): string {
  return platform === 'win32' || platform === 'darwin' ? name.normalize('NFC').toLowerCase() : name
}

/** Cuts before the extension to at most `maxBytes` of UTF-8, never inside a character (grapheme where that is possible). */
export function cutName(name: string, maxBytes: number): string {
  if (Buffer.byteLength(name) <= maxBytes) return name
  const { stem, extension } = splitName(name)
  return cutText(stem, maxBytes - Buffer.byteLength(extension)) + extension
}

const graphemes = new Intl.Segmenter('und', { granularity: 'grapheme' })

function cutText(text: string, maxBytes: number): string {
  let out = ''
  let bytes = 0
  for (const { segment } of graphemes.segment(text)) {
    bytes += Buffer.byteLength(segment)
    if (bytes > maxBytes) break
    out += segment
  }
  if (out !== '') return out
  // One endless grapheme (a letter under a heap of accents): cut between code points then.
  bytes = 0
  for (const char of text) {
    bytes += Buffer.byteLength(char)
    if (bytes > maxBytes) break
    out += char
  }
  return out
}

/** `a.tar.gz` -> stem `a`, extension `.tar.gz`; a leading dot begins no extension. */
export function splitName(name: string): { stem: string; extension: string } {
  const match = /(?<=.)((\.tar)?\.[^. ]+)$/u.exec(name)
  if (!match || Buffer.byteLength(match[1]!) > MAX_EXTENSION_BYTES) return { stem: name, extension: '' }
  return { stem: name.slice(0, match.index), extension: match[1]! }
}

/** `report.pdf`, 2 -> `report (2).pdf`, at most 255 bytes less what is reserved for `.part`. 0 gives the name itself. */
export function numberedName(name: string, number: number): string {
  if (number === 0) return name
  const { stem, extension } = splitName(name)
  const suffix = ` (${number})`
  const room = MAX_NAME_BYTES - '.part'.length - suffix.length - Buffer.byteLength(extension)
  return cutText(stem, room) + suffix + extension
}

/**
 * Safe relative paths for the files and folders of one manifest, in its order. Names that fall together once they are safe (`a\b` and `a_b`, or
 * `A` and `a` on systems that fold case) get numbers; the same manifest always gives the same paths.
 *
 * @param paths with `/` between parts, each one different
 */
export function safePaths(paths: readonly string[], platform: NodeJS.Platform = process.platform): string[] {
  const root: PlacedFolder = { safe: '', next: new Map() }
  const folders = new Map<string, PlacedFolder>([['', root]])
  const folderOf = (path: string): PlacedFolder => {
    let folder = folders.get(path)
    if (!folder) {
      folder = { safe: place(path), next: new Map() }
      folders.set(path, folder)
    }
    return folder
  }
  const place = (path: string): string => {
    const cut = path.lastIndexOf('/')
    const parent = folderOf(cut < 0 ? '' : path.slice(0, cut))
    const name = freeName(parent, safeName(path.slice(cut + 1), platform), platform)
    return parent.safe === '' ? name : `${parent.safe}/${name}`
  }
  return paths.map(place)
}

interface PlacedFolder {
  /** Its safe path; empty for the top. */
  safe: string
  /** By folded name that is taken: the number to try next, so that a thousand equal names do not cost a million tries. */
  next: Map<string, number>
}

function freeName(folder: PlacedFolder, name: string, platform: NodeJS.Platform): string {
  const first = sameKey(name, platform)
  for (let number = folder.next.get(first) ?? 0; ; number++) {
    const tried = numberedName(name, number)
    const key = sameKey(tried, platform)
    if (number > 0 && folder.next.has(key)) continue
    folder.next.set(first, number + 1)
    if (number > 0) folder.next.set(key, 1)
    return tried
  }
}
