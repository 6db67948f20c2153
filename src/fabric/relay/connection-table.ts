import type { Stream } from '@libp2p/interface'
import type { Refusal } from './codes.ts'
import { type RelayOptions, windowBytes } from './options.ts'
import { Relayed, type RelayedShared } from './relayed.ts'
import type { Admitted } from './server-hooks.ts'

/** Connections come and go; whoever is refused may try again soon. */
const RETRY_MS = 60_000

export interface ConnectionTableSetup extends RelayedShared {
  readonly options: () => RelayOptions
}

/** The relayed connections, with those that are being opened, and how many each peer has. */
export class ConnectionTable {
  readonly #setup: ConnectionTableSetup
  readonly #open = new Set<Relayed>()
  readonly #counts = new Map<string, number>()
  #opening = 0

  constructor(setup: ConnectionTableSetup) {
    this.#setup = setup
  }

  get size(): number {
    return this.#open.size + this.#opening
  }

  get all(): Relayed[] {
    return [...this.#open]
  }

  get waitingBytes(): number {
    return this.all.reduce((sum, connection) => sum + connection.waitingBytes, 0)
  }

  /** Relayed connections in which a peer takes part. */
  countOf(peerId: string): number {
    return this.#counts.get(peerId) ?? 0
  }

  /** Why there can be no connection more between the two; undefined when there can. */
  refusal(dialler: string, target: string): Refusal | undefined {
    const { connections, connectionsPerPeer } = this.#setup.options()
    for (const about of [dialler, target])
      if (this.countOf(about) >= connectionsPerPeer)
        return { code: 'PEER_CONNECTIONS', limit: connectionsPerPeer, retryAfterMs: RETRY_MS, about }
    if (this.size < connections) return undefined
    return { code: 'TOTAL_CONNECTIONS', limit: connections, retryAfterMs: RETRY_MS }
  }

  /** Takes the places of a connection that is about to be. */
  open(dialler: string, target: string): Admitted {
    this.#opening++
    this.#count(dialler, 1)
    this.#count(target, 1)
    return {
      join: (diallerStream, targetStream) => {
        this.#opening--
        const ends = { dialler, target, diallerStream, targetStream }
        const connection = new Relayed(ends, {
          ...this.#setup,
          onEnded: (ended, refusal) => this.#ended(ended, refusal),
        })
        this.#open.add(connection)
        this.shareBuffers()
        connection.start()
      },
      fail: () => {
        this.#opening--
        this.#count(dialler, -1)
        this.#count(target, -1)
      },
    }
  }

  /** Divides what may wait in memory among the connections. */
  shareBuffers(): void {
    const bytes = windowBytes(this.#setup.options().bufferBytes, this.#open.size)
    for (const { ends } of this.#open) {
      limitWindow(ends.diallerStream, bytes)
      limitWindow(ends.targetStream, bytes)
    }
  }

  #ended(connection: Relayed, refusal: Refusal | undefined): void {
    this.#open.delete(connection)
    this.#count(connection.ends.dialler, -1)
    this.#count(connection.ends.target, -1)
    this.shareBuffers()
    this.#setup.onEnded(connection, refusal)
  }

  #count(peerId: string, by: 1 | -1): void {
    const count = this.countOf(peerId) + by
    if (count > 0) this.#counts.set(peerId, count)
    else this.#counts.delete(peerId)
  }
}

/**
 * How far the window of a stream may still grow. yamux has no option for it a stream, only for all; it reads this field each time it is about to
 * grow a window. With another muxer nothing happens.
 */
function limitWindow(stream: Stream, bytes: number): void {
  const window = stream as { maxStreamWindowSize?: unknown }
  if (typeof window.maxStreamWindowSize === 'number') window.maxStreamWindowSize = bytes
}
