import type { Handle } from './handle.ts'

/** An order with its holders. */
export interface ReplicaSetRow {
  readonly owner: string
  readonly cid: string
  /** As the wire has it. */
  readonly body: Uint8Array
  readonly createdMs: number
  /** PeerIds. */
  readonly preferred: readonly string[]
  /** When a holder last proved its copy, ms since the Unix epoch, by PeerId. */
  readonly proved: Readonly<Record<string, number>>
}

/** What is kept for somebody. */
export interface KeptRow {
  readonly owner: string
  readonly cid: string
  readonly name: string
  readonly sizeBytes: number
  readonly state: 'fetching' | 'kept' | 'leaving'
  /** Where it was put; undefined while it is being fetched, and for what was here before. */
  readonly path: string | undefined
  readonly sinceMs: number
}

/** What is kept on purpose. */
export interface PinRow {
  readonly cid: string
  readonly name: string
  readonly sizeBytes: number
  /** As in {@link KeptRow}. */
  readonly path: string | undefined
  readonly pinnedMs: number
}

/** Copies ordered, kept and pinned. Each change is one fsync. Errors: IO, NO_SPACE, BUSY. */
export class ReplicaStore {
  readonly #handle: Handle

  constructor(handle: Handle) {
    this.#handle = handle
  }

  sets(): ReplicaSetRow[] {
    return this.#handle.all<SetRow>('SELECT * FROM replica_sets ORDER BY created_ms').map((row) => ({
      ...{ owner: row.owner, cid: row.cid, body: row.body, createdMs: row.created_ms },
      preferred: JSON.parse(row.preferred),
      proved: JSON.parse(row.proved),
    }))
  }

  putSet({ owner, cid, body, createdMs, preferred, proved }: ReplicaSetRow): void {
    this.#handle.run(
      'INSERT OR REPLACE INTO replica_sets (owner, cid, body, created_ms, preferred, proved) VALUES (?, ?, ?, ?, ?, ?)',
      ...[owner, cid, body, createdMs, JSON.stringify(preferred), JSON.stringify(proved)],
    )
  }

  removeSet(owner: string, cid: string): void {
    this.#handle.run('DELETE FROM replica_sets WHERE owner = ? AND cid = ?', owner, cid)
  }

  kept(): KeptRow[] {
    return this.#handle.all<KeptSqlRow>('SELECT * FROM replicas_kept ORDER BY since_ms').map((row) => ({
      ...{ owner: row.owner, cid: row.cid, name: row.name, sizeBytes: row.size_bytes },
      ...{ state: row.state, path: row.path ?? undefined, sinceMs: row.since_ms },
    }))
  }

  putKept({ owner, cid, name, sizeBytes, state, path, sinceMs }: KeptRow): void {
    this.#handle.run(
      `INSERT OR REPLACE INTO replicas_kept (owner, cid, name, size_bytes, state, path, since_ms)
       VALUES (?, ?, ?, ?, ?, ?, ?)`,
      ...[owner, cid, name, sizeBytes, state, path ?? null, sinceMs],
    )
  }

  removeKept(owner: string, cid: string): void {
    this.#handle.run('DELETE FROM replicas_kept WHERE owner = ? AND cid = ?', owner, cid)
  }

  pins(): PinRow[] {
    return this.#handle.all<PinSqlRow>('SELECT * FROM replica_pins ORDER BY pinned_ms').map((row) => ({
      ...{ cid: row.cid, name: row.name, sizeBytes: row.size_bytes },
      ...{ path: row.path ?? undefined, pinnedMs: row.pinned_ms },
    }))
  }

  putPin({ cid, name, sizeBytes, path, pinnedMs }: PinRow): void {
    this.#handle.run(
      'INSERT OR REPLACE INTO replica_pins (cid, name, size_bytes, path, pinned_ms) VALUES (?, ?, ?, ?, ?)',
      ...[cid, name, sizeBytes, path ?? null, pinnedMs],
    )
  }

  removePin(cid: string): void {
    this.#handle.run('DELETE FROM replica_pins WHERE cid = ?', cid)
  }
}

interface SetRow {
  owner: string
  cid: string
  body: Uint8Array
  created_ms: number
  preferred: string
  proved: string
}

interface KeptSqlRow {
  owner: string
  cid: string
  name: string
  size_bytes: number
  state: KeptRow['state']
  path: string | null
  since_ms: number
}

interface PinSqlRow {
  cid: string
  name: string
  size_bytes: number
  path: string | null
  pinned_ms: number
}
