import { systemClock } from '../../base/clock.ts'
import { silentLogger } from '../../base/log.ts'
import { systemRandom } from '../../base/random.ts'
import { NeighbourService } from '../../contract/gen/shoal/v1/neighbour_pb.ts'
import { ZoneService } from '../../contract/gen/shoal/v1/zone_pb.ts'
import { createIdentity, verify } from '../../link/identity.ts'
import { LinkPool } from '../../link/pool.ts'
import { LinkServer } from '../../link/server.ts'
import { GrpcNeighbourTransport } from '../membership/grpc-transport.ts'
import { Membership } from '../membership/membership.ts'
import { VerifyingReader } from '../membership/peer-record.ts'
import { neighbourServiceImpl } from '../membership/service.ts'
import { VerifyingPageReader } from '../zone/page-reader.ts'
import { ZoneLocator } from '../zone-locator.ts'
import type { LocatorMember } from './compliance-world.ts'
import { SharedSet } from './shared-set.ts'

/** A node with nothing but a membership and a zone locator, over real links. */
export interface ZoneNode extends Omit<LocatorMember, 'kill'> {
  readonly locator: ZoneLocator
  readonly membership: Membership
  readonly address: string
  /** Ends it as kill -9 would: no goodbye. */
  kill(): Promise<void>
  close(): Promise<void>
}

/** Starts one that asks `seeds` (HOST:PORT) for the others. Everything goes faster than in earnest. */
export async function startZoneNode(seeds: readonly string[]): Promise<ZoneNode> {
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
  const source = new SharedSet()
  const locator = new ZoneLocator({
    ...common,
    ...{ membership, signer: identity, recordReader: reader, source, links },
    pageReader: new VerifyingPageReader(verify),
    options: {
      ...{ settleMs: 5, retryMs: 50, gossipMs: 5, recordGossipMs: 20 },
      ...{ syncMs: 200, firstSyncMs: 50 },
    },
  })
  server.addService(NeighbourService, neighbourServiceImpl(membership, transport))
  server.addService(ZoneService, locator.service)
  const { host, port } = await server.start()
  addresses.push(`${host}:${port}`)
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
      await locator.withdraw(removed)
      await locator.announce(added)
    },
    kill: end,
    async close() {
      await locator.stop()
      await membership.stop()
      await end()
    },
  }
}
