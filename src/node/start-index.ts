import { rmSync } from 'node:fs'
import { networkInterfaces } from 'node:os'
import { join } from 'node:path'
import { startIndexRest } from '../api/index-server/server.ts'
import { systemClock } from '../base/clock.ts'
import { systemRandom } from '../base/random.ts'
import { VERSION } from '../base/version.ts'
import { INDEX_FOLDER, IndexServer } from '../index/server.ts'
import { isMultiaddr } from '../link/address.ts'
import { loadIdentity } from '../link/identity.ts'
import { announcedAddresses, localAddress } from './addresses.ts'
import { checkAnnounced, createFabric, relayOptions } from './fabric.ts'
import { forgetOtherNetwork, openNetwork } from './private-network.ts'
import { openProcess, type RunningProcess, runProcess, type StartOptions } from './process.ts'
import { INDEX_STEPS, ReadySteps } from './ready-steps.ts'
import { type IndexConfig, IndexSettings } from './settings.ts'
import { openTracing } from './tracing/open.ts'

/**
 * Starts an index server: gRPC for nodes, REST for everybody else.
 *
 * @throws ShoalError INVALID_CONFIG, CONFLICT (data folder or named port in use), PERMISSION_DENIED, IO
 */
export function startIndex(options: StartOptions): Promise<RunningProcess> {
  return runProcess(async (stack) => {
    const { folder, store, log } = openProcess<IndexConfig>(IndexSettings, options, stack)
    const config = store.current
    const isDefault = (key: keyof IndexConfig) => store.sources[key] === 'default'
    const identity = await loadIdentity(folder.root)
    const tracing = await openTracing({
      ...{ env: options.env, service: 'shoal-index', peerId: identity.peerId },
      ...{ clock: systemClock, log, stack },
    })
    const network = await openNetwork({
      ...{ folder: folder.root, env: options.env, httpHost: config.httpHost },
      ...{ log, clock: systemClock, stack },
    })
    const indexFolder = join(folder.root, INDEX_FOLDER)
    forgetOtherNetwork(folder.root, network, () => rmSync(indexFolder, { recursive: true, force: true }))
    checkAnnounced(config.announce)
    let server: IndexServer | undefined
    const fabric = await createFabric({
      ...{ config, isDefault, identity, network, clock: systemClock, random: systemRandom, log },
      server: () => server,
      forward: () => (server ? [server.grpc.port] : []),
      relay: relayOptions(config),
      // It serves no values and searches nothing: others need not find it in the DHT.
      dhtServer: false,
      kind: 'index',
    })
    server = await IndexServer.open({
      dataDir: folder.root,
      identity,
      grpcHost: config.grpcHost,
      grpcPort: config.grpcPort,
      fallbackToFreePort: isDefault('grpcPort'),
      clock: systemClock,
      log,
      network,
      tracing,
      multiaddrs: () => fabric.addresses(),
      options: { heartbeatIntervalMs: config.heartbeatMs },
    })
    const ready = new ReadySteps(INDEX_STEPS)
    ready.done('database')
    const running = server
    stack.defer(() => running.stop())
    stack.defer(() => fabric.stop())
    await fabric.start()
    stack.defer(store.changes.on(({ config: now }) => fabric.updateRelay(relayOptions(now))))
    const { port } = server.grpc
    const addresses = [
      ...config.announce.filter((address) => !isMultiaddr(address)),
      ...announcedAddresses(config.grpcHost, port, networkInterfaces()),
    ]
    const grpc = localAddress(config.grpcHost, port)
    const rest = await startIndexRest({
      registry: server.registry,
      info: { peerId: identity.peerId, version: VERSION, grpc: server.grpc, title: config.name },
      clock: systemClock,
      host: config.httpHost,
      port: config.httpPort,
      fallbackToFreePort: isDefault('httpPort'),
      readiness: () => ready.readiness(),
      tracing,
      log,
    })
    stack.defer(() => rest.stop())
    ready.done('listening')
    stack.defer(() => ready.stopping())
    log.info({ http: rest.url, grpc, peerId: identity.peerId }, 'index server is ready')
    return {
      event: 'ready',
      peerId: identity.peerId,
      http: rest.url,
      grpc,
      p2p: fabric.listening(),
      version: VERSION,
      addresses,
    }
  })
}
