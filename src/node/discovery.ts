import type { Clock } from '../base/clock.ts'
import type { Logger } from '../base/log.ts'
import type { Random } from '../base/random.ts'
import { CompoundLocator } from '../discovery/compound.ts'
import { DhtLocator } from '../discovery/dht-locator.ts'
import { fanIn } from '../discovery/fan-in.ts'
import { ForeignQueries } from '../discovery/foreign-queries.ts'
import { mergedProviders } from '../discovery/hit-merge.ts'
import { IndexLocator } from '../discovery/index-locator.ts'
import { LibraryLocator } from '../discovery/library-locator.ts'
import type { Locator, Provider } from '../discovery/locator.ts'
import { PeerBook } from '../discovery/peer-book.ts'
import type { Fabric } from '../fabric/fabric.ts'
import type { Library } from '../library/library.ts'
import type { Identity } from '../link/identity.ts'
import type { LinkPool } from '../link/pool.ts'
import type { LinkServer } from '../link/server.ts'
import type { Catalogue } from '../storage/catalogue.ts'
import type { PeerStore } from '../storage/peer-store.ts'
import { Announcer } from './announcer.ts'
import { reachable } from './kv.ts'
import { Network, NOTHING } from './network.ts'
import { P2pPeers } from './p2p-peers.ts'
import { ProviderHints } from './provider-hints.ts'
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
  identity: Identity
  catalogue: Catalogue
  library: Library
  pool: LinkPool
  fabric: Fabric
  peerStore: PeerStore
  self: () => Self
  /** Where clients of dialects are searched; undefined when this node speaks none. */
  dialects?: Locator | undefined
  clock: Clock
  random: Random
  log: Logger
}

/** All that finds things, and what feeds it. */
export interface Discovery {
  readonly locators: CompoundLocator
  readonly peers: PeerBook
  /** What others ask of this node. */
  readonly foreign: ForeignQueries
  /** undefined when this node takes no part in the network without a server. */
  readonly network: Network | undefined
  /** Adds the services that other peers need. Before the server starts. */
  register(server: LinkServer): void
  /** Who has what, by links that were opened. */
  readonly hints: ProviderHints
  /** Who has `cid`, from every locator, the configured peers and links that were opened. */
  providers(cid: string, signal: AbortSignal): AsyncIterable<Provider>
  start(): void
  stop(): Promise<void>
  getDebugState(): Record<string, unknown>
}

export function buildDiscovery(setup: DiscoverySetup): Discovery {
  const { config, catalogue, library, pool, fabric, peerStore, self, clock, random, log } = setup
  const isEnabled = (name: NodeConfig['discovery'][number]) => config.discovery.includes(name)
  const peers = new PeerBook({ self: self().peerId, clock, log, memory: peerStore })
  const foreign = new ForeignQueries()
  const network =
    isEnabled('zone') || isEnabled('flood') ? new Network({ ...setup, peers, foreign }) : undefined
  // Without a server to ask there is nothing to enable: every search would tell of a failure.
  const index =
    config.index.length > 0 && (isEnabled('index') || network) ? newIndex(setup, peers) : undefined
  const dht = new DhtLocator({
    ...{ dht: fabric.dht, links: pool, source: catalogue, clock, random, log },
    targetOf: (peer) => ({ ...reachable(peer, peers), name: peers.get(peer.peerId)?.name ?? '' }),
  })
  const locators = new CompoundLocator({
    locators: [
      ...(index && isEnabled('index') ? [index] : []),
      ...(network?.locators ?? []),
      ...(isEnabled('dht') ? [dht] : []),
    ],
    library: new LibraryLocator({ library: catalogue }),
    dialects: setup.dialects,
    clock,
    log,
  })
  /** Only logs in: others are told who is there, and nothing of the files. */
  const registration = isEnabled('index') ? undefined : index
  const staticPeers = new StaticPeers({
    addresses: config.peers,
    pool,
    clock,
    log: log.child({ module: 'peers' }),
    self,
    onPeer: (peer) => peers.seen(peer, clock.now(), 'library'),
  })
  const p2pPeers = new P2pPeers({ fabric, pool, peers, self, clock, log: log.child({ module: 'peers' }) })
  const hints = new ProviderHints({ self: self().peerId, clock })
  const announcer = new Announcer(locators, log.child({ module: 'announcer' }))
  let unlisten = () => {}
  async function* providers(cid: string, signal: AbortSignal): AsyncGenerator<Provider, void, undefined> {
    const sources = new Map<string, () => AsyncIterable<Provider>>([
      ['links', () => hints.providers(cid)],
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
  }
  return {
    locators,
    peers,
    hints,
    foreign,
    network,
    register: (server) => network?.register(server),
    providers: (cid, signal) => mergedProviders(providers(cid, signal)),
    start() {
      unlisten = library.changes.on((change) => announcer.tell(change))
      peers.start()
      // With index servers alone nobody needs to be known before something is to be had from him.
      if (network || isEnabled('dht')) p2pPeers.start()
      locators.start()
      registration?.start()
      network?.start()
      // As neighbours, peers are greeted anyway.
      if (!network) staticPeers.start()
    },
    async stop() {
      unlisten()
      staticPeers.stop()
      p2pPeers.stop()
      await announcer.stop()
      await Promise.all([locators.stop(), registration?.stop(), network?.stop()])
      peers.stop()
    },
    getDebugState: () => ({
      ...locators.getDebugState(),
      ...network?.getDebugState(),
      links: hints.getDebugState(),
      ...(registration && { registration: registration.getDebugState() }),
    }),
  }
}

/** The sessions with the index servers; with nothing to tell them of when `index` is not enabled. */
function newIndex(setup: DiscoverySetup, peers: PeerBook): IndexLocator {
  const { config, catalogue, pool, fabric, self, clock, random, log } = setup
  const onPeer = (peer: Provider, lastSeenMs: number) => peers.seen(peer, lastSeenMs, 'index')
  const source = config.discovery.includes('index') ? catalogue : NOTHING
  return new IndexLocator({
    ...{ servers: config.index, pool, self, source, clock, random, log, onPeer },
    onServer: (peerId, multiaddrs) => fabric.useRelay(peerId, multiaddrs),
  })
}
