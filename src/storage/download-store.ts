import { ShoalError } from '../base/errors.ts'
import type { EntryKind } from '../content/entry.ts'
import { emptyBitmap, setBits } from './block-bitmap.ts'
import type { Handle } from './handle.ts'

/** Which of the waiting downloads start first. */
export type DownloadPriority = 'low' | 'normal' | 'high'

/** Which blocks are fetched first: those that few sources have, or those at the beginning. */
export type DownloadOrder = 'rarest' | 'sequential'

/** One download as the journal keeps it. What its states mean is for `transfer`. */
export interface DownloadRecord {
  readonly id: string
  /** Id of the folder's download that this file belongs to; undefined for what a user asked for. */
  readonly parentId?: string | undefined
  readonly cid: string
  readonly kind: EntryKind
  readonly name: string
  /** Final path. */
  readonly outPath: string
  /** Where the bytes go until then. */
  readonly partPath: string
  readonly state: string
  /** 0 while not known. */
  readonly sizeBytes: number
  /** ms since the Unix epoch. */
  readonly createdMs: number
  readonly finishedMs?: number | undefined
  /** Hex, once known. */
  readonly sha256?: string | undefined
  /** SHA-256 of each block, 32 bytes each; undefined until the manifest is known. */
  readonly digests?: Uint8Array | undefined
  /**
   * Blocks that are verified, written and fsynced; one bit each, block 0 the highest bit of the first byte. Empty while
   * the digests are not known.
   */
  readonly bitmap: Uint8Array
  /** Verified bytes by PeerId. */
  readonly sources: Readonly<Record<string, number>>
  readonly error?: { readonly code: string; readonly message: string } | undefined
  /** Left out: normal. A file of a folder has none of its own. */
  readonly priority?: DownloadPriority
  /** Left out: rarest. A file of a folder has none of its own. */
  readonly order?: DownloadOrder
  /** URLs of HTTP servers that have it. Left out: none. A file of a folder has none of its own. */
  readonly mirrors?: readonly string[]
  /** What turns out to be larger is not fetched. Left out: any size. A file of a folder has none of its own. */
  readonly maxBytes?: number | undefined
}

/** What may change. New digests clear the bitmap unless one comes with them; `undefined` clears a value. */
export type DownloadPatch = Partial<Omit<DownloadRecord, 'id' | 'parentId' | 'sources' | 'createdMs'>>

export interface DownloadFilter {
  /** Only these states. */
  readonly states?: readonly string[]
  /** Only files of this folder's download; left out: only downloads that a user asked for. */
  readonly parentId?: string
}

interface DownloadRow {
  id: string
  parent_id: string | null
  cid: string
  kind: EntryKind
  name: string
  out_path: string
  part_path: string
  state: string
  size_bytes: number
  created_ms: number
  finished_ms: number | null
  sha256: string | null
  error_code: string | null
  error_message: string | null
  priority: DownloadPriority
  block_order: DownloadOrder
  mirrors: string
  max_bytes: number | null
  digests: Uint8Array | null
  bitmap: Uint8Array | null
}

const SELECT = `SELECT d.*, l.digests, b.bitmap FROM downloads d
  LEFT JOIN download_layouts l ON l.id = d.id LEFT JOIN download_bitmaps b ON b.id = d.id`

/**
 * The download journal. The order that makes a resume safe: a block's bytes are written and fsynced, then {@link markBlocks} is called. When
 * it returns, the mark is on the disk.
 *
 * Errors: IO, NO_SPACE, BUSY; NOT_FOUND for an unknown id.
 */
export class DownloadStore {
  readonly #handle: Handle

  constructor(handle: Handle) {
    this.#handle = handle
  }

  /** Adds downloads or replaces those with the same id, all or none. */
  put(...records: readonly DownloadRecord[]): void {
    this.#handle.transaction(() => {
      for (const record of records) this.#put(record)
    })
  }

  /** Changes what is in `patch`. */
  update(id: string, patch: DownloadPatch): void {
    this.#handle.transaction(() => {
      const before = this.#require(id)
      const bitmap = patch.bitmap ?? ('digests' in patch ? emptyBitmap(patch.digests) : before.bitmap)
      this.#write({ ...before, ...patch, bitmap })
      if ('digests' in patch) this.#writeDigests(id, patch.digests)
      if (bitmap !== before.bitmap) this.#writeBitmap(id, bitmap)
    })
  }

  /**
   * Notes blocks whose bytes are fsynced, and how many verified bytes of them came from which peer (added to what is there).
   *
   * @throws ShoalError CONFLICT while the digests are not known; RangeError when there is no such block
   */
  markBlocks(
    id: string,
    indices: Iterable<number>,
    bytesByPeer: Readonly<Record<string, number>> = {},
  ): void {
    this.#handle.transaction(() => {
      const row = this.#handle.get<{ bitmap: Uint8Array; digest_bytes: number }>(
        `SELECT b.bitmap, length(l.digests) AS digest_bytes FROM download_bitmaps b
         JOIN download_layouts l ON l.id = b.id WHERE b.id = ?`,
        id,
      )
      if (!row) {
        this.#require(id)
        throw new ShoalError('CONFLICT', `The blocks of download ${id} are not known yet.`)
      }
      this.#writeBitmap(id, setBits(row.bitmap, indices, row.digest_bytes / 32))
      for (const [peerId, bytes] of Object.entries(bytesByPeer)) {
        this.#handle.run(
          `INSERT INTO download_sources VALUES (?, ?, ?)
           ON CONFLICT (id, peer_id) DO UPDATE SET bytes = bytes + excluded.bytes`,
          id,
          peerId,
          bytes,
        )
      }
    })
  }

  get(id: string): DownloadRecord | undefined {
    const row = this.#handle.get<DownloadRow>(`${SELECT} WHERE d.id = ?`, id)
    return row && this.#toRecord(row)
  }

  /** The oldest first. */
  list({ states, parentId }: DownloadFilter = {}): DownloadRecord[] {
    const rows = this.#handle.all<DownloadRow>(
      `${SELECT} WHERE d.parent_id IS ? AND (? IS NULL OR d.state IN (SELECT value FROM json_each(?)))
       ORDER BY d.created_ms, d.rowid`,
      parentId ?? null,
      states ? 1 : null,
      JSON.stringify(states ?? []),
    )
    return rows.map((row) => this.#toRecord(row))
  }

  /** Forgets downloads and the files that belong to them, all or none. True when there was one. */
  remove(...ids: readonly string[]): boolean {
    return this.#handle.transaction(() => {
      const counts = ids.map((id) => this.#handle.run('DELETE FROM downloads WHERE id = ?', id).changes)
      return counts.some((count) => count > 0)
    })
  }

  #require(id: string): DownloadRecord {
    const record = this.get(id)
    if (!record) throw new ShoalError('NOT_FOUND', `There is no download ${id}.`)
    return record
  }

  #put(record: DownloadRecord): void {
    this.#write(record)
    this.#writeDigests(record.id, record.digests)
    this.#writeBitmap(record.id, record.bitmap)
    this.#handle.run('DELETE FROM download_sources WHERE id = ?', record.id)
    for (const [peerId, bytes] of Object.entries(record.sources)) {
      this.#handle.run('INSERT INTO download_sources VALUES (?, ?, ?)', record.id, peerId, bytes)
    }
  }

  #write(record: DownloadRecord): void {
    this.#handle.run(
      `INSERT INTO downloads VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (id) DO UPDATE SET (parent_id, cid, kind, name, out_path, part_path, state, size_bytes, created_ms,
         finished_ms, sha256, error_code, error_message, priority, block_order, mirrors, max_bytes) = (excluded.parent_id, excluded.cid, excluded.kind,
         excluded.name, excluded.out_path, excluded.part_path, excluded.state, excluded.size_bytes, excluded.created_ms,
         excluded.finished_ms, excluded.sha256, excluded.error_code, excluded.error_message, excluded.priority,
         excluded.block_order, excluded.mirrors, excluded.max_bytes)`,
      record.id,
      record.parentId ?? null,
      record.cid,
      record.kind,
      record.name,
      record.outPath,
      record.partPath,
      record.state,
      record.sizeBytes,
      record.createdMs,
      record.finishedMs ?? null,
      record.sha256 ?? null,
      record.error?.code ?? null,
      record.error?.message ?? null,
      record.priority ?? 'normal',
      record.order ?? 'rarest',
      JSON.stringify(record.mirrors ?? []),
      record.maxBytes ?? null,
    )
  }

  #writeDigests(id: string, digests: Uint8Array | undefined): void {
    if (digests) this.#handle.run('INSERT OR REPLACE INTO download_layouts VALUES (?, ?)', id, digests)
    else this.#handle.run('DELETE FROM download_layouts WHERE id = ?', id)
  }

  #writeBitmap(id: string, bitmap: Uint8Array): void {
    this.#handle.run('INSERT OR REPLACE INTO download_bitmaps VALUES (?, ?)', id, bitmap)
  }

  #toRecord(row: DownloadRow): DownloadRecord {
    const sources = this.#handle.all<{ peer_id: string; bytes: number }>(
      'SELECT peer_id, bytes FROM download_sources WHERE id = ?',
      row.id,
    )
    return {
      id: row.id,
      parentId: row.parent_id ?? undefined,
      cid: row.cid,
      kind: row.kind,
      name: row.name,
      outPath: row.out_path,
      partPath: row.part_path,
      state: row.state,
      sizeBytes: row.size_bytes,
      createdMs: row.created_ms,
      finishedMs: row.finished_ms ?? undefined,
      sha256: row.sha256 ?? undefined,
      digests: row.digests ?? undefined,
      bitmap: row.bitmap ?? new Uint8Array(),
      sources: Object.fromEntries(sources.map(({ peer_id: peerId, bytes }) => [peerId, bytes])),
      error: row.error_code === null ? undefined : { code: row.error_code, message: row.error_message ?? '' },
      priority: row.priority,
      order: row.block_order,
      mirrors: JSON.parse(row.mirrors) as string[],
      ...(row.max_bytes !== null && { maxBytes: row.max_bytes }),
    }
  }
}
