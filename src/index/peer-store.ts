import type { DatabaseSync } from 'node:sqlite'
import { transaction } from '../storage/database.ts'
import type { PeerUpdate, ShelfState, StoredPeer } from './records.ts'

interface PeerRow {
  id: number
  peer_id: string
  name: string
  version: string
  addresses: string
  observed_host: string
  last_seen_ms: number
  lease_end_ms: number
  token_hash: Uint8Array | null
  shelf: number
  entries: number
  complete: number
  revision: string
}

/** Peers and which shelf each of them shows. */
export class PeerStore {
  readonly #db: DatabaseSync
  readonly #sql: ReturnType<typeof prepare>

  constructor(db: DatabaseSync) {
    this.#db = db
    this.#sql = prepare(db)
  }

  /** All peers; for the start. */
  all(): StoredPeer[] {
    return (this.#sql.all.all() as unknown as PeerRow[]).map((row) => ({
      id: row.id,
      peerId: row.peer_id,
      name: row.name,
      version: row.version,
      addresses: JSON.parse(row.addresses) as string[],
      observedHost: row.observed_host,
      lastSeenMs: row.last_seen_ms,
      leaseEndMs: row.lease_end_ms,
      tokenHash: row.token_hash ?? undefined,
      shelf: { id: row.shelf, entries: row.entries, complete: row.complete === 1, revision: row.revision },
    }))
  }

  /** A new peer with an empty shelf; its session follows with {@link save}. */
  add(peerId: string): { id: number; shelf: ShelfState } {
    return transaction(this.#db, () => {
      const shelf = this.#newShelf()
      const { lastInsertRowid } = this.#sql.add.run(peerId, shelf)
      return { id: Number(lastInsertRowid), shelf: emptyShelf(shelf) }
    })
  }

  /** Writes what changed of sessions. */
  save(updates: readonly PeerUpdate[]): void {
    transaction(this.#db, () => {
      for (const peer of updates) {
        this.#sql.save.run(
          peer.name,
          peer.version,
          JSON.stringify(peer.addresses),
          peer.observedHost,
          peer.lastSeenMs,
          peer.leaseEndMs,
          peer.tokenHash ?? null,
          peer.id,
        )
      }
    })
  }

  /** Forgets peers. Their shelves become garbage. */
  drop(ids: readonly number[]): void {
    transaction(this.#db, () => {
      for (const id of ids) this.#sql.drop.run(id)
    })
  }

  /** An empty shelf that no peer shows yet. */
  newShelf(): ShelfState {
    return emptyShelf(this.#newShelf())
  }

  /** From here on the peer shows this shelf, which holds all that it shares. The one before becomes garbage. */
  show(peer: number, shelf: number, revision: string): ShelfState {
    return transaction(this.#db, () => {
      this.#sql.show.run(shelf, peer)
      const { entries } = this.#sql.complete.get(revision, shelf) as { entries: number }
      return { id: shelf, entries, complete: true, revision }
    })
  }

  /** Shelves that no peer shows: what a crash, an interrupted publication or a forgotten peer left. */
  garbage(): number[] {
    return (this.#sql.garbage.all() as { id: number }[]).map((row) => row.id)
  }

  #newShelf(): number {
    return Number(this.#sql.newShelf.run().lastInsertRowid)
  }
}

const emptyShelf = (id: number): ShelfState => ({ id, entries: 0, complete: false, revision: '' })

function prepare(db: DatabaseSync) {
  return {
    all: db.prepare(
      `SELECT p.*, s.entries, s.complete, s.revision FROM peers p JOIN shelves s ON s.id = p.shelf ORDER BY p.lease_end_ms`,
    ),
    add: db.prepare(
      `INSERT INTO peers (peer_id, name, version, addresses, observed_host, last_seen_ms, lease_end_ms, shelf)
       VALUES (?, '', '', '[]', '', 0, 0, ?)`,
    ),
    save: db.prepare(
      `UPDATE peers SET name = ?, version = ?, addresses = ?, observed_host = ?, last_seen_ms = ?, lease_end_ms = ?,
       token_hash = ? WHERE id = ?`,
    ),
    drop: db.prepare('DELETE FROM peers WHERE id = ?'),
    newShelf: db.prepare('INSERT INTO shelves DEFAULT VALUES'),
    show: db.prepare('UPDATE peers SET shelf = ? WHERE id = ?'),
    complete: db.prepare('UPDATE shelves SET complete = 1, revision = ? WHERE id = ? RETURNING entries'),
    garbage: db.prepare('SELECT id FROM shelves WHERE id NOT IN (SELECT shelf FROM peers)'),
  }
}
