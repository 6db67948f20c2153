/** Longest file name of the common file systems, bytes of UTF-8 (ext4, APFS, XFS; NTFS counts 255 UTF-16 units). */
export const MAX_NAME_BYTES = 255

/** What a name that has to be cut leaves free for what Shoal appends while a download runs: ` (9999).part`. */
const RESERVED_BYTES = 12

/** What every file and folder has that is not complete; the library does not share such files. */
export const PART_SUFFIX = '.part'

/** Longest extension that is kept when a name is cut, bytes. A longer one is no extension, just a name with a dot. */
const MAX_EXTENSION_BYTES = 32

const FALLBACK = 'unnamed'

/** Separators of any system, and control characters of C0, C1 and DEL. */
const FORBIDDEN = /[/\\\u0000-\u001f\u007f-\u009f]/g
/** What Windows does not allow besides. */
const FORBIDDEN_ON_WINDOWS = /[<>:"|?*]/g

/**
 * Bidi controls, with which `gpj.exe` is shown as `exe.jpg`, and line and paragraph separators (Unicode Technical Report 36,
 * 3.2 and 3.6). Other invisible characters stay: emoji and several scripts need joiners and tags.
 */
const MISLEADING = /[\p{Bidi_Control}\u2028\u2029]/gu

/** https://learn.microsoft.com/windows/win32/fileio/naming-a-file: reserved with any extension too. */
const RESERVED = /^(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)(?=\.|$| )/i

/**
 * A file name that is safe here and else just what it was, so that a fetched folder has its CID again.
 *
 * On every system: separators and control characters become `_`, misleading characters go, lone surrogates become U+FFFD, names of nothing
 * but dots and spaces become `unnamed`, and names that Windows reserves get a `_` in front (they may travel on). A name of
 * more than 255 bytes is cut before its extension, and leaves room for what Shoal appends; a shorter one stays whole. On
 * Windows alone: `<>:"|?*` become `_`, and spaces in front and dots and spaces at the end go. Safe names come back as they are.
 */
export function safeName(name: string, platform: NodeJS.Platform = process.platform): string {
  const isWindows = platform === 'win32'
  const trim = (text: string) => (isWindows || /^[\s.]*$/u.test(text) ? trimEnds(text) : text)
  let safe = name.toWellFormed().replace(FORBIDDEN, '_').replace(MISLEADING, '')
  if (isWindows) safe = safe.replace(FORBIDDEN_ON_WINDOWS, '_')
  safe = trim(safe)
  if (RESERVED.test(safe)) safe = `_${safe}`
  if (Buffer.byteLength(safe) > MAX_NAME_BYTES) safe = trim(cutName(safe, MAX_NAME_BYTES - RESERVED_BYTES))
  return safe === '' ? FALLBACK : safe
}

/** Leading spaces, and trailing dots and spaces, which Windows drops. This also makes `.` and `..` empty. */
function trimEnds(name: string): string {
  let end = name.length
  // No regular expression: looking for an end takes square time in a name that is a million spaces and a letter.
  while (end > 0 && /[\s.]/u.test(name[end - 1]!)) end--
  return name.slice(0, end).replace(/^\s+/u, '')
}

/**
 * What two names have in common that this system takes for one: Windows and macOS fold case and Unicode forms. Upper case first, which
 * makes one of `σ` and `ς`.
 */
function sameKey(name: string, platform: NodeJS.Platform): string {
  if (platform !== 'win32' && platform !== 'darwin') return name
  return name.normalize('NFC').toUpperCase().toLowerCase().normalize('NFC')
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

/** `report.pdf`, 2 -> `report (2).pdf`, cut to `maxBytes` of UTF-8. 0 gives the name itself. */
export function numberedName(name: string, number: number, maxBytes = MAX_NAME_BYTES): string {
  if (number === 0) return name
  const { stem, extension } = splitName(name)
  const suffix = ` (${number})`
  return cutText(stem, maxBytes - suffix.length - Buffer.byteLength(extension)) + suffix + extension
}

/**
 * What a file or folder is called until it is complete: `report.pdf`, 2 -> `report (2).pdf.part`, shortened where `.part` finds no room.
 * A name that is too long itself (somebody asked for it) is left for the file system to refuse at once, not after the download.
 */
export function partName(name: string, number: number): string {
  const maxBytes = MAX_NAME_BYTES - PART_SUFFIX.length
  const isTooLong = Buffer.byteLength(name) > MAX_NAME_BYTES
  return numberedName(isTooLong ? name : cutName(name, maxBytes), number, maxBytes) + PART_SUFFIX
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
