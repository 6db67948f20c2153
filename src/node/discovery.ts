import type { Clock } from '../base/clock.ts'
import type { Logger } from '../base/log.ts'
import type { Random } from '../base/random.ts'
import { CompoundLocator } from '../discovery/compound.ts'
import { fanIn } from '../discovery/fan-in.ts'
import { IndexLocator } from '../discovery/index-locator.ts'
import { LibraryLocator } from '../discovery/library-locator.ts'
import type { Locator, Provider } from '../discovery/locator.ts'
import { PeerBook } from '../discovery/peer-book.ts'
import type { Library } from '../library/library.ts'
import type { LinkPool } from '../link/pool.ts'
import type { Catalogue } from '../storage/catalogue.ts'
import type { PeerStore } from '../storage/peer-store.ts'
import { Announcer } from './announcer.ts'
import type { NodeConfig } from './settings.ts'
import { StaticPeers } from './static-peers.ts'

/** What the node says of itself to others. */
export interface Self {
  readonly peerId: string
  readonly name: string
  /** HOST:PORT, best first. */
  readonly addresses: readonly string[]
  readonly version: string
  readonly grpcPort: number
}

export interface DiscoverySetup {
  config: NodeConfig
  catalogue: Catalogue
  library: Library
  pool: LinkPool
  peerStore: PeerStore
  self: () => Self
  clock: Clock
  random: Random
  log: Logger
}

/** All that finds things, and what feeds it. */
export interface Discovery {
  readonly locators: CompoundLocator
  readonly peers: PeerBook
  /** Who has `cid`, from every locator and the configured peers. */
  providers(cid: string, signal: AbortSignal): AsyncIterable<Provider>
  start(): void
  stop(): Promise<void>
}

export function buildDiscovery(setup: DiscoverySetup): Discovery {
  const { config, catalogue, library, pool, peerStore, self, clock, random, log } = setup
  const peers = new PeerBook({ self: self().peerId, clock, log, memory: peerStore })
  const enabled: Locator[] = []
  // Without a server to ask there is nothing to enable: every search would tell of a failure.
  if (config.discovery.includes('index') && config.index.length > 0) {
    const onPeer = (peer: Provider, lastSeenMs: number) => peers.seen(peer, lastSeenMs, 'index')
    enabled.push(
      new IndexLocator({ servers: config.index, pool, self, source: catalogue, clock, random, log, onPeer }),
    )
  }
  const locators = new CompoundLocator({
    locators: enabled,
    library: new LibraryLocator({ library: catalogue }),
    clock,
    log,
  })
  const staticPeers = new StaticPeers({
    addresses: config.peers,
    pool,
    clock,
    log: log.child({ module: 'peers' }),
    self,
    onPeer: (peer) => peers.seen(peer, clock.now(), 'library'),
  })
  const announcer = new Announcer(locators, log.child({ module: 'announcer' }))
  let unlisten = () => {}
  return {
    locators,
    peers,
    async *providers(cid, signal) {
      const sources = new Map<string, () => AsyncIterable<Provider>>([
        ['peers', () => staticPeers.providers(cid, signal)],
        ['locators', () => locators.providers(cid, { signal })],
      ])
      let found = false
      let failure: unknown
      for await (const event of fanIn(sources, signal)) {
        if (event.type === 'error') failure = event.error
        if (event.type !== 'item') continue
        found = true
        yield event.item
      }
      if (!found && failure !== undefined) throw failure
    },
    start() {
      unlisten = library.changes.on((change) => announcer.tell(change))
      peers.start()
      locators.start()
      staticPeers.start()
    },
    async stop() {
      unlisten()
      staticPeers.stop()
      await announcer.stop()
      await locators.stop()
      peers.stop()
    },
  }
}
