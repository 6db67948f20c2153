import { type Clock, every, type Timer } from '../base/clock.ts'
import type { Logger } from '../base/log.ts'
import { cidToBytes } from '../content/cid.ts'
import { PeerService } from '../contract/gen/shoal/v1/peer_pb.ts'
import type { Provider } from '../discovery/locator.ts'
import type { LinkPool } from '../link/pool.ts'
import { peerTarget } from './process.ts'

/** Configured peers are greeted this often, ms; that keeps their last-seen time fresh. */
const GREET_MS = 15_000
/** Longest wait for an answer, ms. */
const CALL_MS = 5000

export interface StaticPeersSetup {
  /** As configured: HOST:PORT of each peer's gRPC server, or a multiaddr. */
  addresses: readonly string[]
  pool: LinkPool
  clock: Clock
  log: Logger
  /** Told of every peer that answered. */
  onPeer(peer: Provider): void
  /** Who greets: name and addresses of this node. */
  self(): { name: string; addresses: readonly string[] }
}

/** The peers named in the configuration: greeted now and then, and asked when something is fetched. */
export class StaticPeers {
  readonly #setup: StaticPeersSetup
  #timer: Timer | undefined

  constructor(setup: StaticPeersSetup) {
    this.#setup = setup
  }

  start(): void {
    if (this.#setup.addresses.length === 0) return
    void this.#greetAll()
    this.#timer = every(this.#setup.clock, GREET_MS, () => this.#greetAll())
  }

  stop(): void {
    this.#timer?.cancel()
  }

  async #greetAll(): Promise<void> {
    await Promise.all(this.#setup.addresses.map((address) => this.#greet(address)))
  }

  async #greet(address: string): Promise<void> {
    const { pool, log, onPeer, self } = this.#setup
    try {
      const client = pool.connect(PeerService, peerTarget(address))
      const { name, addresses } = self()
      const answer = await client.hello({ name, addresses: [...addresses] }, { timeoutMs: CALL_MS })
      const peerId = client.remotePeerId()
      if (peerId)
        onPeer({
          peerId,
          name: answer.name,
          addresses: [...new Set([address, ...answer.addresses])].slice(0, 16),
        })
    } catch (error) {
      log.debug({ err: error, address }, 'configured peer does not answer')
    }
  }

  /** Those of the configured peers that have `cid`; one that does not answer is left out. */
  async *providers(cid: string, signal: AbortSignal): AsyncGenerator<Provider, void, undefined> {
    const { addresses, pool } = this.#setup
    const asked = addresses.map(async (address): Promise<Provider | undefined> => {
      try {
        const client = pool.connect(PeerService, peerTarget(address))
        const query = { cid: cidToBytes(cid), limit: 1 }
        for await (const { entry } of client.searchShared({ query }, { signal, timeoutMs: CALL_MS })) {
          const peerId = client.remotePeerId()
          return entry && peerId ? { peerId, name: '', addresses: [address] } : undefined
        }
      } catch {
        // Not reachable: then it is no provider.
      }
      return undefined
    })
    for (const answer of asked) {
      const provider = await answer
      if (provider) yield provider
    }
  }
}
