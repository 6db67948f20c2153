import { Limiter } from '../../base/limiter.ts'
import type { Exchange, LookupContext } from './exchange.ts'
import { ADD_PROVIDER, frame, type WirePeer } from './message.ts'
import { K } from './options.ts'
import { type DhtPeer, peerPosition } from './peers.ts'
import { type Position, PositionIndex, positionOf } from './position.ts'
import { regionBits, regionEnd } from './regions.ts'

/** Who keeps the record of one key. */
export interface Provided {
  readonly key: Uint8Array
  /** PeerIds of those who said that they took it, this node among them when it is one of the closest; empty when nobody did. */
  readonly holders: readonly string[]
}

export interface SweepSetup {
  readonly exchange: Exchange
  /** The `K` closest peers that the network has, nearest first. */
  readonly closest: (key: Uint8Array, context: LookupContext) => Promise<DhtPeer[]>
  /** The nearest that are known without asking. */
  readonly known: (position: Position, count: number) => DhtPeer[]
  readonly replicas: number
  readonly sending: number
  readonly recordsPerAck: number
  readonly recordsPerStream: number
  readonly onFailure: (peerId: string) => void
}

/** Who provides. */
export interface Provider {
  readonly peerId: string
  readonly position: Position
  /** Whether it keeps records itself. */
  readonly isServer: boolean
  /** As records name it, with its addresses. */
  readonly wire: WirePeer
}

interface Place {
  readonly key: Uint8Array
  readonly position: Position
}

/**
 * Tells the network that `self` provides `keys`, region by region: one look-up finds the peers of a whole region, and each of them is
 * sent all that concerns it over one stream. kad-dht alone would look up each key and open a stream for each record: 10,000 keys among 10 nodes
 * are one look-up and 9 streams here, 10,000 and 200,000 there.
 *
 * Ends early, with what has been done, when the signal aborts.
 */
export async function sweep(
  setup: SweepSetup,
  self: Provider,
  keys: readonly Uint8Array[],
  context: LookupContext,
): Promise<Provided[]> {
  const places = keys
    .map((key): Place => ({ key, position: positionOf(key) }))
    .sort((a, b) => Buffer.compare(a.position, b.position))
  const positions = places.map(({ position }) => position)
  const done: Provided[] = []
  for (let from = 0; from < places.length && !context.signal.aborted; ) {
    const first = places[from]!
    const found = await setup.closest(first.key, context).catch((error) => {
      if (context.signal.aborted) return undefined
      throw error
    })
    if (!found) break
    const foundAt = found.map(({ peerId }) => peerPosition(peerId))
    const bits = regionBits(first.position, foundAt, K)
    const end = Math.max(from + 1, regionEnd(positions, from, first.position, bits))
    const region = places.slice(from, end)
    const peers = [...setup.known(first.position, 2 * K), ...found]
    done.push(...(await tellRegion(setup, self, { places: region, peers }, context)))
    from = end
  }
  return done
}

async function tellRegion(
  setup: SweepSetup,
  self: Provider,
  { places, peers }: { places: readonly Place[]; peers: readonly DhtPeer[] },
  context: LookupContext,
): Promise<Provided[]> {
  const byId = new Map(peers.map((peer) => [peer.peerId, peer]))
  const nodes = [...byId.keys()].map((value) => ({ position: peerPosition(value), value }))
  if (self.isServer) nodes.push({ position: self.position, value: self.peerId })
  const index = new PositionIndex(nodes)
  const chosen = places.map(({ position }) => index.closest(position, setup.replicas))
  const work = new Map<string, number[]>()
  chosen.forEach((peerIds, at) => {
    for (const peerId of peerIds) {
      if (peerId === self.peerId) continue
      const list = work.get(peerId)
      if (list) list.push(at)
      else work.set(peerId, [at])
    }
  })
  const frames = places.map(({ key }) => frame({ type: ADD_PROVIDER, key, providers: [self.wire] }))
  const holders: string[][] = places.map((_, at) => (chosen[at]!.includes(self.peerId) ? [self.peerId] : []))
  const limiter = new Limiter(setup.sending)
  const tell = async (peer: DhtPeer, list: number[]) => {
    try {
      for (let at = 0; at < list.length; at += setup.recordsPerStream) {
        const part = list.slice(at, at + setup.recordsPerStream)
        await setup.exchange.tell(
          peer,
          part.map((i) => frames[i]!),
          setup.recordsPerAck,
          context,
        )
        for (const i of part) holders[i]!.push(peer.peerId)
      }
    } catch {
      // Whoever does not take them is not waited for: others do.
      if (!context.signal.aborted) setup.onFailure(peer.peerId)
    }
  }
  await Promise.all([...work].map(([peerId, list]) => limiter.run(() => tell(byId.get(peerId)!, list))))
  return places.map(({ key }, at) => ({ key, holders: holders[at]! }))
}
