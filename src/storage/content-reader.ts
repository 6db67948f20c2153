import { DIGEST_SIZE } from '../content/cid.ts'
import type { BlockSpan } from '../content/manifest.ts'
import type { KnownContent, PathKey } from './catalogue-types.ts'
import { absPathOf, type EntryRow, SELECT_ENTRY, statOf } from './entry-rows.ts'
import type { Handle } from './handle.ts'
import { joinRelPath, splitRelPath } from './rel-path.ts'

/** Rows read in one step, so that a big library never holds up the process. */
const STEP = 1000

/** Files whose root is there, damaged ones too. */
const PRESENT = `e.kind = 'file' AND s.missing = 0`

/** What the files of the library should be, for whoever reads them again. Nothing here holds a cursor open between calls. */
export class ContentReader {
  readonly #handle: Handle

  constructor(handle: Handle) {
    this.#handle = handle
  }

  /** The file at a path, or all files below it, by path. */
  *below(key: PathKey): Generator<KnownContent[]> {
    const file = this.at(key)
    if (file) {
      yield [file]
      return
    }
    const { shareId, relPath } = key
    // '0' is the character after '/': the range holds all that begins with the folder and a slash.
    const inTree = relPath === '' ? '' : 'AND (e.dir = ? OR (e.dir > ? AND e.dir < ?))'
    const tree = relPath === '' ? [] : [relPath, `${relPath}/`, `${relPath}0`]
    const sql = `${SELECT_ENTRY} WHERE e.share_id = ? AND ${PRESENT} AND (e.dir, e.name) > (?, ?) ${inTree}
      ORDER BY e.dir, e.name LIMIT ${STEP}`
    for (let dir = relPath, name = ''; ; ) {
      const rows = this.#handle.all<EntryRow>(sql, shareId, dir, name, ...tree)
      if (rows.length > 0) yield rows.map(toContent)
      if (rows.length < STEP) return
      const last = rows.at(-1)!
      dir = last.dir
      name = last.name
    }
  }

  at({ shareId, relPath }: PathKey): KnownContent | undefined {
    const { dir, name } = splitRelPath(relPath)
    const sql = `${SELECT_ENTRY} WHERE e.share_id = ? AND e.dir = ? AND e.name = ? AND ${PRESENT}`
    const row = this.#handle.get<EntryRow>(sql, shareId, dir, name)
    return row && toContent(row)
  }

  /** SHA-256 of blocks of a file; a part, because those of 1 TiB take 32 MiB. */
  digests(cid: string, { first, end }: BlockSpan): Uint8Array | undefined {
    const stored = this.#handle.get<{ digests: Uint8Array }>(
      'SELECT substr(digests, ?, ?) AS digests FROM layouts WHERE cid = ?',
      first * DIGEST_SIZE + 1,
      (end - first) * DIGEST_SIZE,
      cid,
    )
    if (stored) return stored.digests
    const row = this.#handle.get<{ sha256: string }>(
      `SELECT sha256 FROM entries WHERE cid = ? AND kind = 'file' LIMIT 1`,
      cid,
    )
    // The only block of a file is the file.
    return row && Uint8Array.from(Buffer.from(row.sha256, 'hex'))
  }
}

const toContent = (row: EntryRow): KnownContent => ({
  shareId: row.share_id,
  relPath: joinRelPath(row.dir, row.name),
  absPath: absPathOf(row),
  cid: row.cid!,
  stat: statOf(row),
  isDamaged: row.damage !== null,
})
