import { DIGEST_SIZE } from '../content/cid.ts'
import type { Handle } from './handle.ts'

/** Rows looked at in one step: their digests are read through, 32 KiB for each GiB of a file. */
const STEP = 64

/** Rows in one step when the digests are not read. */
const NAME_STEP = 1000

/** Some files, and where to go on; `next` is undefined at the end. */
export interface FilesStep {
  /** CIDs. */
  readonly files: string[]
  readonly next: number | undefined
}

/** Layouts of shared files with more than one block, by what is in them; in steps, so that a large library never holds up the process. */
export class LayoutTable {
  readonly #handle: Handle

  constructor(handle: Handle) {
    this.#handle = handle
  }

  /** Files among whose digests these 32 bytes stand, perhaps across two of them. @param after `next` of the step before, 0 at first */
  withDigest(digest: Uint8Array, after: number): FilesStep {
    const sql = `SELECT rowid AS id, cid, instr(digests, ?) > 0 AS fits FROM layouts WHERE rowid > ? ORDER BY rowid LIMIT ${STEP}`
    const rows = this.#handle.all<{ id: number; cid: string; fits: number }>(sql, digest, after)
    const files = rows.filter(({ fits }) => fits === 1).map(({ cid }) => cid)
    return { files, next: rows.length < STEP ? undefined : rows.at(-1)!.id }
  }

  /** Files of more than so many blocks. @param after as of {@link withDigest} */
  largerThan(blocks: number, after: number): FilesStep {
    const sql = `SELECT rowid AS id, cid, length(digests) > ? AS fits FROM layouts WHERE rowid > ? ORDER BY rowid LIMIT ${NAME_STEP}`
    const rows = this.#handle.all<{ id: number; cid: string; fits: number }>(sql, blocks * DIGEST_SIZE, after)
    const files = rows.filter(({ fits }) => fits === 1).map(({ cid }) => cid)
    return { files, next: rows.length < NAME_STEP ? undefined : rows.at(-1)!.id }
  }
}
