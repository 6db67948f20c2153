import { systemClock } from '../../base/clock.ts'
import { silentLogger } from '../../base/log.ts'
import { systemRandom } from '../../base/random.ts'
import { compileQuery, matchText } from '../../content/match.ts'
import { NeighbourService } from '../../contract/gen/shoal/v1/neighbour_pb.ts'
import { createIdentity, verify } from '../../link/identity.ts'
import { LinkPool } from '../../link/pool.ts'
import { LinkServer } from '../../link/server.ts'
import { FloodLocator } from '../flood-locator.ts'
import { GrpcNeighbourTransport } from '../membership/grpc-transport.ts'
import { Membership } from '../membership/membership.ts'
import { VerifyingReader } from '../membership/peer-record.ts'
import { neighbourServiceImpl } from '../membership/service.ts'
import type { LocatorMember } from './compliance-world.ts'
import { SharedSet } from './shared-set.ts'

/** A node with nothing but a membership and a flood locator, over real links. */
export interface FloodNode extends Omit<LocatorMember, 'kill'> {
  readonly locator: FloodLocator
  readonly membership: Membership
  readonly address: string
  /** Ends it as kill -9 would: no goodbye. */
  kill(): Promise<void>
  close(): Promise<void>
}

/** Starts one that asks `seeds` (HOST:PORT) for the others. Everything goes faster than in earnest. */
export async function startFloodNode(seeds: readonly string[]): Promise<FloodNode> {
  const identity = createIdentity()
  const common = { clock: systemClock, random: systemRandom, log: silentLogger }
  const { peerId } = identity
  const server = new LinkServer({ ...common, identity, host: '127.0.0.1', port: 0 })
  const links = new LinkPool({ ...common, identity, options: { backoff: { baseMs: 20, maxMs: 40 } } })
  const transport = new GrpcNeighbourTransport({ links, log: silentLogger })
  const reader = new VerifyingReader(verify)
  const addresses: string[] = []
  const membership = new Membership({
    ...common,
    ...{ signer: identity, reader, links, transport },
    self: () => ({ name: `node ${peerId.slice(-4)}`, addresses }),
    seeds: () => seeds.map((address) => ({ addresses: [address] })),
    options: { heartbeatMs: 200, probeTimeoutMs: 500, gossipMs: 500, newsMs: 10, joinRetryMs: 50 },
  })
  server.addService(NeighbourService, neighbourServiceImpl(membership, transport))
  const { host, port } = await server.start()
  addresses.push(`${host}:${port}`)
  const source = new SharedSet()
  const locator = new FloodLocator({
    ...common,
    ...{ membership, reader, source, library: libraryOf(source) },
    options: {
      ...{ filterDelayMs: 10, filterCheckMs: 1000, tellDelayMs: 10 },
      ...{ neighbourRate: { perSecond: 1000, burst: 1000 }, totalRate: { perSecond: 1000, burst: 1000 } },
    },
  })
  membership.start()
  locator.start()
  const end = async () => {
    await links.close()
    await server.stop({ graceMs: 0 })
  }
  return {
    ...{ peerId, locator, membership, address: addresses[0]! },
    async share(entries) {
      const { added, removed } = source.set(entries)
      await locator.withdraw()
      if (added.length + removed.length > 0) await locator.announce()
    },
    kill: end,
    async close() {
      await locator.stop()
      await membership.stop()
      await end()
    },
  }
}

function libraryOf(source: SharedSet) {
  return {
    search(query: Parameters<typeof compileQuery>[0]) {
      const matches = compileQuery(query)
      const all = [...source.batches()].flat()
      return all.filter((entry) => matches(entry, matchText(entry.path))).slice(0, query.limit)
    },
  }
}
