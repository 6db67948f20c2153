import { networkInterfaces } from 'node:os'
import { join } from 'node:path'
import { nodeServiceImpl } from '../api/control/control.ts'
import { loadToken } from '../api/guard/token.ts'
import { publishNode } from '../api/node-files.ts'
import { startNodeApi } from '../api/server.ts'
import { systemClock } from '../base/clock.ts'
import { systemRandom } from '../base/random.ts'
import { VERSION } from '../base/version.ts'
import { Ingestor } from '../content/ingest.ts'
import { NodeService } from '../contract/gen/shoal/v1/node_pb.ts'
import { PeerService } from '../contract/gen/shoal/v1/peer_pb.ts'
import { ReplicaService } from '../contract/gen/shoal/v1/replica_pb.ts'
import { LOCATOR_NAMES } from '../discovery/locator.ts'
import { NO_VALUES } from '../kv/no-values.ts'
import { Library } from '../library/library.ts'
import { loadIdentity } from '../link/identity.ts'
import { LinkPool } from '../link/pool.ts'
import { LinkServer } from '../link/server.ts'
import { Catalogue } from '../storage/catalogue.ts'
import { openStateDatabase } from '../storage/state-database.ts'
import { BLOCKS_ALPN } from '../transfer/line/frames.ts'
import { announcedAddresses, localAddress } from './addresses.ts'
import { LibraryContent } from './content.ts'
import { checkDialects, yieldPort } from './dialects/check.ts'
import { GuestFolder, guestListPath } from './dialects/guest-folder.ts'
import { openDialects } from './dialects/open.ts'
import { buildDiscovery } from './discovery.ts'
import { checkAnnounced, createFabric, relayOptions, toldAddresses } from './fabric.ts'
import { IncomingFiles } from './incoming-files.ts'
import { buildKv } from './kv.ts'
import { rescanStale } from './library.ts'
import { NodeContent } from './network-content.ts'
import { Node } from './node.ts'
import { forgetOtherNetwork, forgetPeers, openNetwork } from './private-network.ts'
import {
  checkDiscovery,
  checkPeers,
  openProcess,
  type RunningProcess,
  runProcess,
  type StartOptions,
} from './process.ts'
import { buildReplication } from './replication/build.ts'
import { replicasFolder } from './replication/files.ts'
import { type NodeConfig, NodeSettings } from './settings.ts'
import { checkSharesExist, followShares } from './shares.ts'
import { NodeStats } from './stats/stats.ts'
import { openTracing } from './tracing/open.ts'
import { traceDownloads } from './tracing/trace-downloads.ts'
import { buildTransfer, downloadsFolder } from './transfer.ts'

/**
 * Starts a node: puts the parts together, listens, and begins to scan, announce and resume.
 *
 * @throws ShoalError INVALID_CONFIG, CONFLICT (data folder or named port in use), PERMISSION_DENIED, IO
 */
export function startNode(options: StartOptions): Promise<RunningProcess> {
  return runProcess(async (stack) => {
    const { folder, store, log } = openProcess<NodeConfig>(NodeSettings, options, stack)
    const config = store.current
    checkDiscovery(config.discovery, LOCATOR_NAMES)
    checkAnnounced(config.announce)
    checkPeers(config.peers)
    const isDefault = (key: keyof NodeConfig) => store.sources[key] === 'default'
    const specs = checkDialects(config, isDefault)
    const freePort = (key: 'httpPort' | 'grpcPort') =>
      isDefault(key) ? yieldPort(config[key], specs) : config[key]
    const [clock, random] = [systemClock, systemRandom]
    const identity = await loadIdentity(folder.root)
    const tracing = await openTracing({
      ...{ env: options.env, service: 'shoal', peerId: identity.peerId, clock, log, stack },
    })
    const network = await openNetwork({
      ...{ folder: folder.root, env: options.env, httpHost: config.httpHost },
      ...{ log, clock, stack },
    })

    const storageLog = log.child({ module: 'storage' })
    const { catalogue } = Catalogue.open(folder.catalogue, { log: storageLog, clock })
    stack.defer(() => catalogue.close())
    const state = openStateDatabase(folder.state, { log: storageLog, clock })
    stack.defer(() => state.close())
    forgetOtherNetwork(folder.root, network, () => forgetPeers(state))
    const ingestor = new Ingestor({ log: log.child({ module: 'hashing' }) })
    stack.defer(() => ingestor.close())
    const library = new Library({
      catalogue,
      ingestor,
      verifyStore: state.verify,
      clock,
      log,
      dataDir: folder.root,
      downloadsDir: () => downloadsFolder(store, folder),
      isServing: () => transfer.isMoving(),
      verifyBytesPerSecond: () => store.current.verifyRate,
      options: { rescanMs: config.rescanMs, settleMs: config.settleMs },
    })
    checkSharesExist({ store, library })
    const linkLog = log.child({ module: 'link' })
    const pool = new LinkPool({ identity, log: linkLog, clock, random, network, tracing })
    stack.defer(() => pool.close())

    let grpcPort = config.grpcPort
    let server: LinkServer | undefined
    const fabric = await createFabric({
      ...{ config, isDefault, identity, network, clock, random, log },
      server: () => server,
      forward: () => [grpcPort],
      relay: config.relay ? relayOptions(config) : undefined,
      dhtServer: true,
      kind: 'node',
    })
    const addresses = () =>
      toldAddresses(
        config.announce,
        [
          ...fabric.forwarded(grpcPort),
          ...announcedAddresses(config.grpcHost, grpcPort, networkInterfaces()),
        ],
        fabric.addresses(),
      )
    const self = () => ({
      peerId: identity.peerId,
      name: config.name,
      addresses: addresses(),
      version: VERSION,
      grpcPort,
    })
    const guestFolder = new GuestFolder({
      ...{ library, log, listPath: guestListPath(folder.root), maxBytes: config.dialectGuestBytes },
      incoming: new IncomingFiles({
        ...{ library, clock, random },
        folder: () => join(downloadsFolder(store, folder), 'guests'),
      }),
    })
    const dialects = await openDialects({
      ...{ specs, config, catalogue, guestFolder, clock, random, log },
      ...{ peerId: identity.peerId, isPrivate: network !== undefined },
      copies: () => replicasFolder(downloadsFolder(store, folder)),
    })
    const discovery = buildDiscovery({
      dialects: dialects?.locator,
      config,
      identity,
      catalogue,
      library,
      pool,
      fabric,
      peerStore: state.peers,
      self,
      clock,
      random,
      log,
    })
    const transfer = buildTransfer({
      store,
      folder,
      catalogue,
      library,
      ingestor,
      pool,
      downloadStore: state.downloads,
      discovery,
      self,
      tunnelTo: (peerId) => fabric.roadTo(peerId),
      clock,
      random,
      log,
    })
    const shared = new LibraryContent({
      catalogue,
      onStale: rescanStale({ library, log }),
      damaged: library.verifier.damaged,
      clock,
    })
    stack.defer(() => shared.close())
    const content = new NodeContent({ library: shared, catalogue, reader: transfer.downloads.reader })
    const incoming = new IncomingFiles({
      ...{ library, clock, random },
      folder: () => join(downloadsFolder(store, folder), 'shared'),
    })
    const kv = config.discovery.includes('dht')
      ? buildKv({
          dht: fabric.dht,
          peers: discovery.peers,
          identity,
          store: state.values,
          pool,
          clock,
          random,
          log,
        })
      : undefined
    const { replication, port: replicas } = buildReplication({
      ...{ store, folder, identity, catalogue, library, pool, discovery, transfer, self, clock, random, log },
      ...{ isPrivate: network !== undefined, replicaStore: state.replicas },
    })
    const stats = new NodeStats({
      ...{ store, folder, catalogue, fabric, discovery, transfer, clock, random },
    })
    stack.defer(() => stats.stop())
    const node = new Node({
      kv,
      dialects,
      folder,
      store,
      catalogue,
      library,
      pool,
      fabric,
      discovery,
      transfer,
      stats,
      content,
      incoming,
      privateNetwork: network,
      wishStore: state.wishes,
      replication: replicas,
      replicaCounts: () => replication.counts(),
      self,
      clock,
      random,
      log,
      tracing,
    })
    if (tracing) stack.defer(traceDownloads(transfer.downloads.changes, tracing))
    node.ready.done('state')

    const token = loadToken(folder.root, { random, log })
    server = new LinkServer({
      identity,
      host: config.grpcHost,
      port: freePort('grpcPort'),
      log: linkLog,
      clock,
      network,
      tracing,
      options: { fallbackToFreePort: isDefault('grpcPort') },
    })
    server.addService(PeerService, { ...transfer.service, ...(kv?.handlers ?? NO_VALUES) })
    server.addService(ReplicaService, replication.handlers)
    server.addLine(BLOCKS_ALPN, transfer.takeLine)
    discovery.register(server)
    server.addService(NodeService, nodeServiceImpl(node, token))
    grpcPort = (await server.start()).port
    const running = server
    stack.defer(() => running.stop({ graceMs: 500 }))
    stack.defer(() => fabric.stop())
    await fabric.start()
    pool.useTunnels(fabric)
    stack.defer(store.changes.on(({ config: now }) => fabric.updateRelay(relayOptions(now))))
    if (isDefault('grpcPort') && grpcPort !== config.grpcPort) {
      log.warn(
        { wanted: config.grpcPort, port: grpcPort },
        `gRPC port ${config.grpcPort} is taken; uses ${grpcPort}`,
      )
    }
    const api = await startNodeApi({
      port: node,
      host: config.httpHost,
      httpPort: freePort('httpPort'),
      fallbackToFreePort: isDefault('httpPort'),
      token,
      allowedHosts: config.allowedHosts,
      isGatewayOpen: () => store.current.gateway,
      tracing,
      log,
      clock,
    })
    stack.defer(() => api.stop())
    if (isDefault('httpPort') && api.port !== config.httpPort) {
      log.warn(
        { wanted: config.httpPort, port: api.port },
        `HTTP port ${config.httpPort} is taken; uses ${api.port}`,
      )
    }
    const grpc = localAddress(config.grpcHost, grpcPort)
    node.listening({ http: api.url, grpc, server })

    stack.defer(followShares({ store, library, log }))
    await guestFolder.clear()
    library.start()
    node.ready.done('library')
    stack.defer(() => library.stop())
    discovery.start()
    node.ready.done('discovery')
    stack.defer(() => discovery.stop())
    kv?.start()
    stack.defer(() => kv?.stop())
    transfer.downloads.start()
    node.ready.done('downloads')
    stack.defer(() => transfer.stop())
    node.wishes.start()
    stack.defer(() => node.wishes.stop())
    replication.start()
    stack.defer(store.changes.on(() => replication.changed()))
    stack.defer(replication.changes.on((view) => node.events.emit({ type: 'replica', data: view })))
    stack.defer(() => replication.stop())
    if (dialects) stack.defer(await dialects.start({ locators: discovery.locators, content, kv: node.kv }))
    const unpublish = publishNode({
      dataDir: folder.root,
      httpPort: api.port,
      node: { pid: process.pid, http: api.url, grpc, peerId: identity.peerId },
      env: options.env,
    })
    stack.defer(unpublish)
    stack.defer(() => node.ready.stopping())
    log.info({ http: api.url, grpc, peerId: identity.peerId, name: config.name }, 'node is ready')
    return {
      event: 'ready',
      peerId: identity.peerId,
      http: api.url,
      grpc,
      p2p: fabric.listening(),
      version: VERSION,
      addresses: addresses(),
    }
  })
}
