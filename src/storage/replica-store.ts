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
  /** Holders that were replaced while they were away. */
  readonly former: readonly FormerHolder[]
}

/** Who kept a copy once, and may come back with it. */
export interface FormerHolder {
  readonly peerId: string
  readonly name: string
  readonly addresses: readonly string[]
  /** When it was replaced, ms since the Unix epoch. */
  readonly sinceMs: number
}

/** What is kept for somebody, or on purpose. */
export interface KeptRow {
  /** PeerId of who ordered it; empty for what is pinned. */
  readonly owner: string
  readonly cid: string
  readonly name: string
  readonly sizeBytes: number
  readonly state: 'fetching' | 'kept' | 'leaving'
  /** Where it was put; undefined while it is being fetched, and for what was here before. */
  readonly path: string | undefined
  readonly sinceMs: number
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
      former: JSON.parse(row.former),
    }))
  }

  putSet({ owner, cid, body, createdMs, ...lists }: ReplicaSetRow): void {
    const { preferred, proved, former } = lists
    this.#handle.run(
      `INSERT OR REPLACE INTO replica_sets (owner, cid, body, created_ms, preferred, proved, former)
       VALUES (?, ?, ?, ?, ?, ?, ?)`,
      ...[owner, cid, body, createdMs],
      ...[preferred, proved, former].map((list) => JSON.stringify(list)),
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
}

interface SetRow {
  owner: string
  cid: string
  body: Uint8Array
  created_ms: number
  preferred: string
  proved: string
  former: string
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
