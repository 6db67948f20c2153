import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { IndexService } from '../../src/contract/gen/shoal/v1/index_pb.ts'
import { IndexLocator } from '../../src/discovery/index-locator.ts'
import { IndexRegistry } from '../../src/index/registry.ts'
import { indexServiceImpl } from '../../src/index/service.ts'
import type { Contender, ContenderSetup, NodeParts, NodeSite } from '../contender.ts'
import { labPeerId } from '../identity.ts'
import { labLogger } from '../logger.ts'
import { gateThreads } from './thread-gate.ts'

/** Nodes ask for the list of peers this seldom, ms, and for this many: nobody in the laboratory needs it. */
const PEERS_POLL_MS = 600_000
const MAX_PEERS = 10

/** One index server with the real database in a temporary folder, and nodes with a session each. */
export async function indexContender({ spec, clock, network, random }: ContenderSetup): Promise<Contender> {
  const folder = await mkdtemp(join(tmpdir(), 'shoal-lab-'))
  const ungate = gateThreads(clock)
  const registry = await IndexRegistry.open({
    path: join(folder, 'index.db'),
    clock,
    log: labLogger,
    random,
  })
  const server = network.addHost({ peerId: labPeerId(spec.seed, -1) })
  server.serve(IndexService, indexServiceImpl(registry))
  const equip = ({ peerId, name, host, library, random }: NodeSite): NodeParts => {
    const locator = new IndexLocator({
      ...{ clock, random, log: labLogger, source: library, pool: host.links },
      servers: [server.address],
      self: () => ({ peerId, name, addresses: [host.address], version: '0', grpcPort: 0 }),
      options: { peersPollMs: PEERS_POLL_MS, maxPeers: MAX_PEERS },
    })
    return {
      locator,
      start: () => locator.start(),
      stop: () => locator.stop(),
      drop: () => void locator.stop(),
      duplicates: () => 0,
    }
  }
  return {
    name: 'index',
    searchKinds: ['Search', 'GetProviders'],
    servers: [server],
    equip,
    async close() {
      await registry.close()
      ungate()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
