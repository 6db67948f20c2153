import { networkInterfaces } from 'node:os'
import { startIndexRest } from '../api/index-server/server.ts'
import { systemClock } from '../base/clock.ts'
import { VERSION } from '../base/version.ts'
import { IndexServer } from '../index/server.ts'
import { loadIdentity } from '../link/identity.ts'
import { announcedAddresses, localAddress } from './addresses.ts'
import { openProcess, type RunningProcess, runProcess, type StartOptions } from './process.ts'
import { type IndexConfig, IndexSettings } from './settings.ts'

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
    const server = await IndexServer.open({
      dataDir: folder.root,
      identity,
      grpcHost: config.grpcHost,
      grpcPort: config.grpcPort,
      fallbackToFreePort: isDefault('grpcPort'),
      clock: systemClock,
      log,
      options: { heartbeatIntervalMs: config.heartbeatMs },
    })
    stack.defer(() => server.stop())
    const { port } = server.grpc
    const addresses = announcedAddresses(config.grpcHost, port, networkInterfaces())
    const grpc = localAddress(config.grpcHost, port)
    const rest = await startIndexRest({
      registry: server.registry,
      info: { peerId: identity.peerId, version: VERSION, grpc: server.grpc, title: config.name },
      clock: systemClock,
      host: config.httpHost,
      port: config.httpPort,
      fallbackToFreePort: isDefault('httpPort'),
      log,
    })
    stack.defer(() => rest.stop())
    log.info({ http: rest.url, grpc, peerId: identity.peerId }, 'index server is ready')
    return {
      event: 'ready',
      peerId: identity.peerId,
      http: rest.url,
      grpc,
      p2p: [],
      version: VERSION,
      addresses,
    }
  })
}
