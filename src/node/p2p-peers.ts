import type { Clock } from '../base/clock.ts'
import { Limiter } from '../base/limiter.ts'
import type { Logger } from '../base/log.ts'
import { PeerService } from '../contract/gen/shoal/v1/peer_pb.ts'
import type { PeerBook } from '../discovery/peer-book.ts'
import { providerFromWire } from '../discovery/provider-wire.ts'
import type { Fabric } from '../fabric/fabric.ts'
import { isMultiaddr } from '../link/address.ts'
import type { LinkPool } from '../link/pool.ts'

/** Peers greeted at the same time, and those that may wait for it; what comes more is greeted when it is needed. */
const GREETED_AT_ONCE = 4
const MAX_WAITING = 100
/** A peer that was greeted is not greeted again before, ms. */
const AGAIN_MS = 60_000
/** Longest wait for an answer, ms: a relayed link takes several round trips to be made. */
const CALL_MS = 10_000
/** Remembered peers that libp2p is told of at the start. */
const MAX_REMEMBERED = 100

export interface P2pPeersSetup {
  readonly fabric: Fabric
  readonly pool: LinkPool
  readonly peers: PeerBook
  readonly self: () => { name: string; addresses: readonly string[] }
  readonly clock: Clock
  readonly log: Logger
}

/**
 * Passes on who is where, both ways: peers that connect through libp2p (found on the local network, or in the DHT) are greeted and get into
 * the book of peers, from which the network without a server joins; what the book learns is told to libp2p.
 */
export class P2pPeers {
  readonly #setup: P2pPeersSetup
  readonly #limiter = new Limiter(GREETED_AT_ONCE)
  readonly #greetedMs = new Map<string, number>()
  readonly #stop = new AbortController()
  #unlisten: (() => void)[] = []

  constructor(setup: P2pPeersSetup) {
    this.#setup = setup
  }

  start(): void {
    const { fabric, peers } = this.#setup
    this.#unlisten = [
      fabric.peerConnected.on(({ peerId, addresses }) => void this.#greet(peerId, addresses)),
      peers.changes.on(({ peerId, addresses }) => fabric.know(peerId, addresses.filter(isMultiaddr))),
    ]
    for (const { peerId, addresses } of peers.list(MAX_REMEMBERED))
      fabric.know(peerId, addresses.filter(isMultiaddr))
  }

  stop(): void {
    this.#stop.abort()
    for (const unlisten of this.#unlisten) unlisten()
  }

  /** Asks who it is; both sides then know each other's name and gRPC addresses. */
  async #greet(peerId: string, multiaddrs: readonly string[]): Promise<void> {
    const { pool, peers, self, clock, log } = this.#setup
    const nowMs = clock.monotonic()
    if (nowMs - (this.#greetedMs.get(peerId) ?? Number.NEGATIVE_INFINITY) < AGAIN_MS) return
    if (this.#limiter.waiting >= MAX_WAITING) return
    this.#note(peerId, nowMs)
    try {
      const { signal } = this.#stop
      const { name, addresses } = self()
      const client = pool.connect(PeerService, { peerId, addresses: [...multiaddrs] })
      const hello = () => client.hello({ name, addresses: [...addresses] }, { signal, timeoutMs: CALL_MS })
      const answer = await this.#limiter.run(hello, signal)
      const told = providerFromWire({ $typeName: 'shoal.v1.Provider', peerId, ...pick(answer) })
      peers.seen({ ...told, addresses: [...new Set([...told.addresses, ...multiaddrs])] }, clock.now(), 'p2p')
    } catch (error) {
      this.#greetedMs.delete(peerId)
      if (!this.#stop.signal.aborted)
        log.debug({ err: error, peerId }, 'a peer found by libp2p does not answer')
    }
  }

  #note(peerId: string, nowMs: number): void {
    for (const [known, atMs] of this.#greetedMs) {
      if (nowMs - atMs < AGAIN_MS) break
      this.#greetedMs.delete(known)
    }
    this.#greetedMs.set(peerId, nowMs)
  }
}

const pick = ({ name, addresses }: { name: string; addresses: string[] }) => ({ name, addresses })
