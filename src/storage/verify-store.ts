import type { PathKey } from './catalogue-types.ts'
import type { Handle } from './handle.ts'
import type {
  Finding,
  FoundBlocks,
  VerifyFile,
  VerifyProgress,
  VerifyRun,
  VerifyTarget,
} from './verify-types.ts'

/** Findings that are kept of a run; of more only their number is known. */
export const MAX_FINDINGS = 10_000

/** No block. */
export const NOTHING_FOUND: FoundBlocks = {
  wrong: { count: 0, first: [] },
  unreadable: { count: 0, first: [] },
}

/**
 * How far a verification is: what is to be done, what of it is done, and what was found. Each call is one transaction and one fsync: hand in
 * much at once. Errors: IO, NO_SPACE, BUSY.
 */
export class VerifyStore {
  readonly #handle: Handle

  constructor(handle: Handle) {
    this.#handle = handle
  }

  /** The run that goes on, or the last one; undefined when there was none. */
  run(): VerifyRun | undefined {
    const row = this.#handle.get<RunRow>('SELECT * FROM verify_run ORDER BY id DESC LIMIT 1')
    return row && toRun(row)
  }

  /** Begins a run in place of the one before. */
  begin(startedMs: number): VerifyRun {
    this.#handle.transaction(() => {
      for (const table of ['run', 'targets', 'files', 'findings'] as const) this.#handle.run(CLEAR[table])
      this.#handle.run(`INSERT INTO verify_run (state, started_ms) VALUES ('running', ?)`, startedMs)
    })
    return this.run()!
  }

  /** What is left of it is forgotten, what was found stays. */
  end(state: 'done' | 'stopped', endedMs: number): void {
    this.#handle.transaction(() => {
      this.#handle.run('UPDATE verify_run SET state = ?, ended_ms = ?', state, endedMs)
      this.#handle.run(CLEAR.targets)
      this.#handle.run(CLEAR.files)
    })
  }

  addTargets(keys: readonly PathKey[]): void {
    this.#handle.transaction(() => {
      for (const { shareId, relPath } of keys) {
        this.#handle.run('INSERT INTO verify_targets (share_id, rel_path) VALUES (?, ?)', shareId, relPath)
      }
    })
  }

  /** As they were added. */
  targets(): VerifyTarget[] {
    return this.#handle
      .all<{ id: number; share_id: number; rel_path: string; planned: number }>(
        'SELECT * FROM verify_targets ORDER BY id',
      )
      .map((row) => ({
        id: row.id,
        shareId: row.share_id,
        relPath: row.rel_path,
        isPlanned: row.planned === 1,
      }))
  }

  /** Files of a target; those that are in the list already stay as they are. They are given out once the target is {@link setPlanned}. */
  addFiles(targetId: number, files: readonly (PathKey & { cid: string; sizeBytes: number })[]): void {
    this.#handle.transaction(() => {
      let [count, bytes] = [0, 0]
      for (const { shareId, relPath, cid, sizeBytes } of files) {
        const { changes } = this.#handle.run(
          `INSERT INTO verify_files (target_id, share_id, rel_path, cid, size_bytes) VALUES (?, ?, ?, ?, ?)
           ON CONFLICT DO NOTHING`,
          targetId,
          shareId,
          relPath,
          cid,
          sizeBytes,
        )
        count += changes
        bytes += changes * sizeBytes
      }
      const sql = 'UPDATE verify_run SET files_total = files_total + ?, bytes_total = bytes_total + ?'
      this.#handle.run(sql, count, bytes)
    })
  }

  setPlanned(targetId: number): void {
    this.#handle.run('UPDATE verify_targets SET planned = 1 WHERE id = ?', targetId)
  }

  /** Files that are not done, of planned targets, in order; `after` is the id of the last one that is known. */
  filesAfter(after: number, limit: number): VerifyFile[] {
    const sql = `SELECT f.* FROM verify_files f JOIN verify_targets t ON t.id = f.target_id
      WHERE f.id > ? AND t.planned = 1 ORDER BY f.id LIMIT ?`
    return this.#handle.all<FileRow>(sql, after, limit).map(toFile)
  }

  /** Notes what is done. When it returns, that is on the disk. */
  commit({ parts, finished, findings, bytes, unreadBytes, activeMs }: VerifyProgress): void {
    this.#handle.transaction(() => {
      for (const { id, done, found } of parts) {
        const sql = 'UPDATE verify_files SET done = ?, found = ? WHERE id = ?'
        this.#handle.run(sql, done, JSON.stringify(found), id)
      }
      for (const id of finished) this.#handle.run('DELETE FROM verify_files WHERE id = ?', id)
      this.#addFindings(findings)
      this.#handle.run(
        `UPDATE verify_run SET files = files + ?, bytes = bytes + ?, bytes_total = bytes_total - ?, damaged = damaged + ?,
           active_ms = ?`,
        finished.length,
        bytes,
        unreadBytes,
        findings.length,
        activeMs,
      )
    })
  }

  /** What is wrong, in the order in which it was found, after the one with the number `after`; the first is 1. */
  findings(after: number, limit: number): (Finding & { readonly number: number })[] {
    const sql = 'SELECT * FROM verify_findings WHERE id > ? ORDER BY id LIMIT ?'
    // Rows are never taken out one by one, so their ids go from 1 on without a gap.
    return this.#handle
      .all<FindingRow>(sql, after, limit)
      .map(({ id, path, cid, reason, block_count: blockCount, blocks }) => ({
        number: id,
        ...{ path, cid, reason, blockCount },
        blocks: JSON.parse(blocks) as number[],
      }))
  }

  #addFindings(findings: readonly Finding[]): void {
    if (findings.length === 0) return
    const { count } = this.#handle.get<{ count: number }>('SELECT count(*) AS count FROM verify_findings')!
    for (const { path, cid, reason, blockCount, blocks } of findings.slice(0, MAX_FINDINGS - count)) {
      this.#handle.run(
        'INSERT INTO verify_findings (path, cid, reason, block_count, blocks) VALUES (?, ?, ?, ?, ?)',
        path,
        cid,
        reason,
        blockCount,
        JSON.stringify(blocks),
      )
    }
  }
}

const CLEAR = {
  run: 'DELETE FROM verify_run',
  targets: 'DELETE FROM verify_targets',
  files: 'DELETE FROM verify_files',
  findings: 'DELETE FROM verify_findings',
} as const

interface RunRow {
  id: number
  state: VerifyRun['state']
  started_ms: number
  ended_ms: number | null
  active_ms: number
  files: number
  files_total: number
  bytes: number
  bytes_total: number
  damaged: number
}

interface FileRow {
  id: number
  share_id: number
  rel_path: string
  cid: string
  size_bytes: number
  done: Uint8Array | null
  found: string | null
}

interface FindingRow {
  id: number
  path: string
  cid: string
  reason: Finding['reason']
  block_count: number
  blocks: string
}

const toRun = (row: RunRow): VerifyRun => ({
  id: row.id,
  state: row.state,
  startedMs: row.started_ms,
  endedMs: row.ended_ms ?? undefined,
  activeMs: row.active_ms,
  files: row.files,
  filesTotal: row.files_total,
  bytes: row.bytes,
  bytesTotal: row.bytes_total,
  damaged: row.damaged,
})

const toFile = (row: FileRow): VerifyFile => ({
  id: row.id,
  shareId: row.share_id,
  relPath: row.rel_path,
  cid: row.cid,
  sizeBytes: row.size_bytes,
  done: row.done ?? new Uint8Array(),
  found: row.found === null ? NOTHING_FOUND : (JSON.parse(row.found) as FoundBlocks),
})
