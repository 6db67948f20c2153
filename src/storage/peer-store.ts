import type { Handle } from './handle.ts'

/** A peer that was met. */
export interface PeerRecord {
  readonly peerId: string
  readonly name: string
  /** HOST:PORT, best first. */
  readonly addresses: readonly string[]
  /** ms since the Unix epoch. */
  readonly lastSeenMs: number
}

export interface PruneOptions {
  /** Keep at most so many, those seen last. */
  readonly maxPeers: number
  /** Forget those not seen since, ms since the Unix epoch. */
  readonly seenSinceMs: number
}

/** Peers remembered over restarts. Each call is one fsync: hand in several at once. Errors: IO, NO_SPACE, BUSY. */
export class PeerStore {
  readonly #handle: Handle

  constructor(handle: Handle) {
    this.#handle = handle
  }

  /** Adds peers or replaces what is known of them. News that is older than what is known changes nothing. */
  upsert(...peers: readonly PeerRecord[]): void {
    this.#handle.transaction(() => {
      for (const { peerId, name, addresses, lastSeenMs } of peers) {
        this.#handle.run(
          `INSERT INTO peers VALUES (?, ?, ?, ?) ON CONFLICT (peer_id) DO UPDATE SET
             name = excluded.name, addresses = excluded.addresses, last_seen_ms = excluded.last_seen_ms
             WHERE excluded.last_seen_ms >= last_seen_ms`,
          peerId,
          name,
          JSON.stringify(addresses),
          lastSeenMs,
        )
      }
    })
  }

  get(peerId: string): PeerRecord | undefined {
    const row = this.#handle.get<PeerRow>('SELECT * FROM peers WHERE peer_id = ?', peerId)
    return row && toRecord(row)
  }

  /** The ones seen last, at most `limit`. */
  list(limit: number): PeerRecord[] {
    return this.#handle
      .all<PeerRow>('SELECT * FROM peers ORDER BY last_seen_ms DESC, peer_id LIMIT ?', limit)
      .map(toRecord)
  }

  remove(peerId: string): boolean {
    return this.#handle.run('DELETE FROM peers WHERE peer_id = ?', peerId).changes > 0
  }

  /** @returns how many were forgotten */
  prune({ maxPeers, seenSinceMs }: PruneOptions): number {
    return this.#handle.run(
      `DELETE FROM peers WHERE last_seen_ms < ? OR peer_id NOT IN
         (SELECT peer_id FROM peers ORDER BY last_seen_ms DESC, peer_id LIMIT ?)`,
      seenSinceMs,
      maxPeers,
    ).changes
  }
}

interface PeerRow {
  peer_id: string
  name: string
  addresses: string
  last_seen_ms: number
}

const toRecord = (row: PeerRow): PeerRecord => ({
  peerId: row.peer_id,
  name: row.name,
  addresses: JSON.parse(row.addresses) as string[],
  lastSeenMs: row.last_seen_ms,
})
