import { systemClock } from '../../base/clock.ts'
import { silentLogger } from '../../base/log.ts'
import { systemRandom } from '../../base/random.ts'
import type { EntryKey, SharedEntry } from '../../content/entry.ts'
import { NeighbourService } from '../../contract/gen/shoal/v1/neighbour_pb.ts'
import { createIdentity, type Identity, verify } from '../../link/identity.ts'
import { LinkPool } from '../../link/pool.ts'
import { LinkServer } from '../../link/server.ts'
import type { Locator } from '../locator.ts'
import { GrpcNeighbourTransport } from '../membership/grpc-transport.ts'
import { Membership } from '../membership/membership.ts'
import { VerifyingReader } from '../membership/peer-record.ts'
import { neighbourServiceImpl } from '../membership/service.ts'
import type { LocatorMember } from './compliance-world.ts'
import { SharedSet } from './shared-set.ts'

/** A node with nothing but a membership and one locator, over real links. */
export interface ServerlessNode<L extends Locator> extends Omit<LocatorMember, 'kill'> {
  readonly locator: L
  readonly membership: Membership
  readonly address: string
  /** Ends it as kill -9 would: no goodbye. */
  kill(): Promise<void>
  close(): Promise<void>
}

/** What a locator is made from. */
export interface ServerlessParts {
  readonly common: {
    readonly clock: typeof systemClock
    readonly random: typeof systemRandom
    readonly log: typeof silentLogger
  }
  readonly identity: Identity
  readonly membership: Membership
  readonly reader: VerifyingReader
  readonly links: LinkPool
  readonly server: LinkServer
  readonly source: SharedSet
}

/** What a locator is to these nodes. */
export interface Equipment<L extends Locator> {
  readonly locator: L & { start(): void }
  /** Tells of what changed. */
  share(changes: { added: readonly SharedEntry[]; removed: readonly EntryKey[] }): Promise<void>
}

/** Starts a node that asks `seeds` (HOST:PORT) for the others. Everything goes faster than in earnest. */
export async function startServerlessNode<L extends Locator>(
  seeds: readonly string[],
  equip: (parts: ServerlessParts) => Equipment<L>,
): Promise<ServerlessNode<L>> {
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
  const { locator, share } = equip({ common, identity, membership, reader, links, server, source })
  server.addService(NeighbourService, neighbourServiceImpl(membership, transport))
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
    share: (entries) => share(source.set(entries)),
    kill: end,
    async close() {
      await locator.stop()
      await membership.stop()
      await end()
    },
  }
}
