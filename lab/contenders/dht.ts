import { entryToWire, queryFromWire } from '../../src/content/entry-wire.ts'
import { PeerService } from '../../src/contract/gen/shoal/v1/peer_pb.ts'
import { DhtLocator } from '../../src/discovery/dht-locator.ts'
import type { Contender, ContenderSetup, NodeParts, NodeSite } from '../contender.ts'
import type { LabLibrary } from '../library.ts'
import { labLogger } from '../logger.ts'
import type { SimHost } from '../sim/host.ts'
import { keyPeerId, type LabDhtHost, labKey, memoryAddress, startLabDhtHost } from './dht-host.ts'
import { KadWire, kadKind } from './kad-wire.ts'
import { LateLocator } from './late-locator.ts'

const GET_PROVIDERS = 3

/**
 * Real js-libp2p with its Kademlia, and the locator on it. Links are the laboratory's, so that asking those who provide something costs what it
 * costs the other ways; so are the delays of the DHT's own messages.
 */
export function dhtContender({ spec, clock }: ContenderSetup): Contender {
  const hosts = new Map<string, SimHost>()
  const byAddress = new Map<string, string>()
  const ends: Promise<unknown>[] = []
  const keyOf = (index: number) => labKey(spec.seed, index)

  const equip = (site: NodeSite): NodeParts => {
    const { host, peerId, library } = site
    hosts.set(peerId, host)
    byAddress.set(host.address, peerId)
    host.serve(PeerService, { searchShared: sharing(library) })
    const locator = new LateLocator('dht')
    let running: LabDhtHost | undefined
    let isEnded = false
    const start = async () => {
      const wire = new KadWire(host, (id) => hosts.get(id))
      running = await startLabDhtHost({ key: keyOf(site.index), wire, clock })
      const inner = new DhtLocator({
        ...{ dht: running.dht, links: host.links, source: library, clock },
        ...{ random: site.random, log: labLogger },
        targetOf: (peer) => ({ peerId: peer.peerId, addresses: addressesOf(hosts.get(peer.peerId)) }),
      })
      if (isEnded) return end()
      inner.start()
      locator.inner = inner
      await joinThrough(running, site)
    }
    const joinThrough = async ({ libp2p }: LabDhtHost, { seeds }: NodeSite) => {
      const ids = seeds().flatMap(({ addresses }) => byAddress.get(addresses[0]!) ?? [])
      // One of two seeds is enough.
      await Promise.allSettled(ids.map((id) => libp2p.dial(memoryAddress(id))))
    }
    const end = async () => {
      isEnded = true
      await locator.stop()
      await running?.stop()
    }
    return {
      locator,
      start: () => void ends.push(start()),
      stop: end,
      drop: () => void ends.push(end()),
      duplicates: () => 0,
    }
  }
  return {
    name: 'dht',
    searchKinds: [kadKind(GET_PROVIDERS), 'SearchShared'],
    servers: [],
    peerId: (index) => keyPeerId(keyOf(index)),
    equip,
    close: async () => void (await Promise.allSettled(ends)),
  }
}

const addressesOf = (host: SimHost | undefined): string[] => (host ? [host.address] : [])

/** A node's answer to who asks for what it shares. */
function sharing(library: LabLibrary) {
  return async function* ({ query }: { query?: Parameters<typeof queryFromWire>[0] | undefined }) {
    for (const entry of library.search(queryFromWire(query!))) yield { entry: entryToWire(entry) }
  }
}
