import { privateKeyFromRaw } from '@libp2p/crypto/keys'
import { systemClock } from '../../base/clock.ts'
import { silentLogger } from '../../base/log.ts'
import { systemRandom } from '../../base/random.ts'
import type { SharedEntry } from '../../content/entry.ts'
import { entryToWire, queryFromWire } from '../../content/entry-wire.ts'
import { compileQuery, matchText } from '../../content/match.ts'
import { PeerService } from '../../contract/gen/shoal/v1/peer_pb.ts'
import { type DhtHost, type DhtHostSetup, joinDht, startDhtHost } from '../../fabric/dht/testing/hosts.ts'
import { createIdentity, type Identity } from '../../link/identity.ts'
import { LinkPool } from '../../link/pool.ts'
import type { ServiceImpl } from '../../link/rpc.ts'
import { LinkServer } from '../../link/server.ts'
import { DhtLocator, type DhtLocatorOptions } from '../dht-locator.ts'
import type { LocatorMember } from './compliance-world.ts'
import { SharedSet } from './shared-set.ts'

/** A node with nothing but a DHT and its locator: libp2p in memory, links over TCP. */
export interface DhtNode extends LocatorMember {
  readonly locator: DhtLocator
  readonly host: DhtHost
  readonly source: SharedSet
  close(): Promise<void>
}

export interface DhtNodeSetup extends Omit<DhtHostSetup, 'privateKey'> {
  readonly locator?: Partial<DhtLocatorOptions>
}

/** Where the links of each node listen, by PeerId: in earnest the DHT's own addresses serve. */
export type Addresses = Map<string, string>

/** Starts one that joins through `seed`, if there is one. Everything goes faster than in earnest. */
export async function startDhtNode(
  addresses: Addresses,
  seed: DhtNode | undefined,
  setup: DhtNodeSetup = {},
): Promise<DhtNode> {
  const identity = createIdentity()
  const { peerId } = identity
  const common = { clock: systemClock, random: systemRandom, log: silentLogger }
  const source = new SharedSet()
  const server = new LinkServer({ ...common, identity, host: '127.0.0.1', port: 0 })
  const links = new LinkPool({ ...common, identity, options: { backoff: { baseMs: 20, maxMs: 40 } } })
  server.addService(PeerService, sharing(source))
  const { host: ip, port } = await server.start()
  addresses.set(peerId, `${ip}:${port}`)
  const host = await startDhtHost({ ...setup, privateKey: libp2pKey(identity) })
  const locator = new DhtLocator({
    ...common,
    ...{ dht: host.dht, links, source },
    targetOf: (peer) => ({ peerId: peer.peerId, addresses: [addresses.get(peer.peerId) ?? '127.0.0.1:1'] }),
    options: {
      ...{ settleMs: 5, pauseMs: 5, retryMs: 50, recheckMs: 50, recountMs: 10, answerMs: 8_000 },
      ...setup.locator,
    },
  })
  if (seed) await joinDht(host, seed.host)
  locator.start()
  const stop = locator.stop.bind(locator)
  let ended: Promise<void> | undefined
  const end = async () => {
    await stop()
    await links.close()
    await server.stop({ graceMs: 0 })
    await host.stop()
  }
  return {
    ...{ peerId, locator, host, source },
    async share(entries) {
      const { added, removed } = source.set(entries)
      await locator.withdraw(removed)
      await locator.announce(added)
    },
    kill: () => (ended ??= end()),
    close: () => (ended ??= end()),
  }
}

/** The same key for both halves of a node. */
function libp2pKey({ privateKey }: Identity) {
  const { d, x } = privateKey.export({ format: 'jwk' })
  return privateKeyFromRaw(Buffer.concat([Buffer.from(d!, 'base64url'), Buffer.from(x!, 'base64url')]))
}

/** The Peer service as far as searches need it. */
function sharing(source: SharedSet): ServiceImpl<typeof PeerService> {
  const refuse = () => {
    throw new Error('Searches ask for nothing else.')
  }
  const impl: Pick<ServiceImpl<typeof PeerService>, 'searchShared'> = {
    async *searchShared({ query: wire }) {
      const query = queryFromWire(wire!)
      const matches = compileQuery(query)
      let left = query.limit
      for (const entry of entriesOf(source)) {
        if (!matches(entry, matchText(entry.path))) continue
        yield { entry: entryToWire(entry) }
        if (--left === 0) return
      }
    },
  }
  return new Proxy(impl, { get: (target, name) => Reflect.get(target, name) ?? refuse }) as ServiceImpl<
    typeof PeerService
  >
}

function* entriesOf(source: SharedSet): Generator<SharedEntry> {
  for (const batch of source.batches()) yield* batch
}
