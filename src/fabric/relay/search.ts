import { RELAY_V2_HOP_CODEC } from '@libp2p/circuit-relay-v2'
import type { PeerRouting, PeerStore } from '@libp2p/interface'
import type { ConnectionManager } from '@libp2p/interface-internal'
import type { Clock } from '../../base/clock.ts'
import { sleep } from '../../base/clock.ts'
import type { Logger } from '../../base/log.ts'
import { backoffMs, type Random } from '../../base/random.ts'
import { withDeadline } from '../../base/signals.ts'

/** Known relays that are proposed in one round. */
const MAX_REMEMBERED = 16
/** Peers that are called in one round, to see whether they are relays. */
const MAX_CALLED = 16
const LOOKUP_MS = 30_000
const CALL_MS = 5000
/** Between two rounds. */
const BACKOFF = { baseMs: 5000, maxMs: 300_000 }

export interface RelaySearchComponents {
  readonly peerStore: PeerStore
  readonly connectionManager: ConnectionManager
  readonly peerRouting: PeerRouting
}

/**
 * Looks for relays: among the peers that were relays once, then among those near random places of the network, which are called. Whether one of
 * them is a relay it says itself when it is connected, and then whoever listens for that hears of it.
 */
export class RelaySearch {
  readonly #components: RelaySearchComponents
  readonly #setup: { readonly clock: Clock; readonly random: Random; readonly log: Logger }
  readonly #onFound: (relayId: string) => void
  #stop: AbortController | undefined

  constructor(
    components: RelaySearchComponents,
    setup: { readonly clock: Clock; readonly random: Random; readonly log: Logger },
    onFound: (relayId: string) => void,
  ) {
    this.#components = components
    this.#setup = setup
    this.#onFound = onFound
  }

  /** Begins, if it has not begun. */
  start(): void {
    if (this.#stop) return
    this.#stop = new AbortController()
    void this.#run(this.#stop.signal)
  }

  stop(): void {
    this.#stop?.abort()
    this.#stop = undefined
  }

  async #run(signal: AbortSignal): Promise<void> {
    const { clock, random, log } = this.#setup
    for (let round = 0; !signal.aborted; round++) {
      try {
        await this.#remember()
        signal.throwIfAborted()
        await this.#lookAround(signal)
      } catch (error) {
        log.debug({ err: error }, 'a search for relays has ended')
      }
      await sleep(clock, backoffMs(random, round, BACKOFF), signal).catch(() => {})
    }
  }

  async #remember(): Promise<void> {
    const peers = await this.#components.peerStore.all({
      filters: [({ protocols }) => protocols.includes(RELAY_V2_HOP_CODEC)],
      limit: MAX_REMEMBERED,
    })
    for (const { id } of peers) this.#onFound(id.toString())
  }

  async #lookAround(signal: AbortSignal): Promise<void> {
    const { connectionManager, peerRouting } = this.#components
    const { clock, random } = this.#setup
    using deadline = withDeadline(clock, LOOKUP_MS, signal)
    let called = 0
    for await (const { id } of peerRouting.getClosestPeers(random.bytes(32), { signal: deadline.signal })) {
      if (connectionManager.getConnections(id).length > 0) continue
      using call = withDeadline(clock, CALL_MS, deadline.signal)
      await connectionManager.openConnection(id, { signal: call.signal }).catch(() => {})
      if (++called >= MAX_CALLED) return
    }
  }
}
