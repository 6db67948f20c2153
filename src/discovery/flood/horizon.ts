import type { FilterUpdate, PeerFilter } from '../../contract/gen/shoal/v1/neighbour_pb.ts'
import { hasKey, type KeyHash } from './bloom.ts'
import { bitsOf, readFilter } from './filter-wire.ts'
import { HORIZON } from './options.ts'

/** Peers that one neighbour may tell of: 8 neighbours with 8 neighbours each, and some room. */
const MAX_TOLD = 1000

/** Where a peer is: which neighbour to go by, and how many hops it is from here, 1 to 3. */
export interface Direction {
  readonly via: string
  readonly distance: number
}

/** The filter of a peer at the end of the horizon, and that is most of them, is told to nobody. */
const isPassedOn = ({ hops }: PeerFilter) => hops + 1 < HORIZON

/** Every peer within three hops, by which neighbours, and what its filter says ("keyword horizon"). */
export class Horizon {
  readonly #self: number
  /** What each neighbour has told: filters by the point of their peer. Filters are never changed, so many nodes may hold the same one. */
  readonly #heard = new Map<string, Map<number, PeerFilter>>()

  /** @param self own point */
  constructor(self: number) {
    this.#self = self
  }

  /** Whether the neighbour has told of its filter. */
  isKnown(peerId: string): boolean {
    return this.#heard.has(peerId)
  }

  /** Version of the neighbour's own filter; undefined when it has not told any. */
  version({ peerId, point }: { readonly peerId: string; readonly point: number }): bigint | undefined {
    return this.#heard.get(peerId)?.get(point)?.version
  }

  /** Takes in what a neighbour tells. What makes no sense is left out. @returns points of which others have to hear something new */
  hear(from: { readonly peerId: string; readonly point: number }, update: FilterUpdate): number[] {
    const heard = this.#heard.get(from.peerId) ?? new Map<number, PeerFilter>()
    const changed: number[] = []
    for (const news of update.filters) {
      const { point } = news
      const held = heard.get(point)
      if (news.gone) {
        heard.delete(point)
        if (held && isPassedOn(held)) changed.push(point)
        continue
      }
      if (point === this.#self || (news.hops === 0) !== (point === from.point)) continue
      if (!held && heard.size >= MAX_TOLD) continue
      const filter = readFilter(held, news)
      if (!filter) continue
      heard.set(point, filter)
      if (isPassedOn(filter) || (held && isPassedOn(held))) changed.push(point)
    }
    if (heard.size > 0) this.#heard.set(from.peerId, heard)
    return changed
  }

  /** Forgets what a neighbour told. @returns points of which others have to hear something new */
  lose(peerId: string): number[] {
    const heard = this.#heard.get(peerId) ?? new Map<number, PeerFilter>()
    this.#heard.delete(peerId)
    return [...heard].flatMap(([point, filter]) => (isPassedOn(filter) ? [point] : []))
  }

  /** The filter of the peer as the nearest neighbour other than `except` tells it, unless it ends here. */
  nearest(point: number, except: string): PeerFilter | undefined {
    let best: PeerFilter | undefined
    for (const [peerId, heard] of this.#heard) {
      const filter = peerId === except ? undefined : heard.get(point)
      if (filter && isPassedOn(filter) && (!best || filter.hops < best.hops)) best = filter
    }
    return best
  }

  /** All points of which others hear. */
  points(): Set<number> {
    const points = new Set<number>()
    for (const heard of this.#heard.values())
      for (const [point, filter] of heard) if (isPassedOn(filter)) points.add(point)
    return points
  }

  /** Peers within `maxDistance` hops whose filter has all keys, each by the nearest neighbour that is not in `except`. */
  match(keys: readonly KeyHash[], maxDistance: number, except: ReadonlySet<string>): Map<number, Direction> {
    const found = new Map<number, Direction>()
    for (const [via, heard] of this.#heard) {
      if (except.has(via)) continue
      for (const [point, filter] of heard) {
        const distance = filter.hops + 1
        if (distance > maxDistance || distance >= (found.get(point)?.distance ?? HORIZON + 1)) continue
        const bits = bitsOf(filter)
        if (keys.every((key) => hasKey(bits, key))) found.set(point, { via, distance })
      }
    }
    return found
  }

  /** How to get to a peer within `maxDistance` hops, not by a neighbour in `except`. */
  towards(point: number, maxDistance: number, except: ReadonlySet<string>): Direction | undefined {
    let best: Direction | undefined
    for (const [via, heard] of this.#heard) {
      const filter = except.has(via) ? undefined : heard.get(point)
      const distance = filter ? filter.hops + 1 : HORIZON + 1
      if (distance <= maxDistance && distance < (best?.distance ?? HORIZON + 1)) best = { via, distance }
    }
    return best
  }

  /** How many peers are 1, 2 and 3 hops away. */
  sizes(): [number, number, number] {
    const distances = new Map<number, number>()
    for (const heard of this.#heard.values()) {
      for (const [point, { hops }] of heard) {
        distances.set(point, Math.min(hops, distances.get(point) ?? HORIZON))
      }
    }
    const sizes: [number, number, number] = [0, 0, 0]
    for (const hops of distances.values()) sizes[hops]!++
    return sizes
  }
}
