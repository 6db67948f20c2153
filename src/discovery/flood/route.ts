import { type Random, shuffled } from '../../base/random.ts'
import type { KeyHash } from './bloom.ts'
import type { Direction, Horizon } from './horizon.ts'
import { HORIZON, MAX_SKIP } from './options.ts'

/** Everything that decides where a query goes next. */
export interface RouteInput {
  /** Hops that a message sent now may make. */
  readonly ttl: number
  /** Neighbours that may be sent to: not the one it came from, not those that have it from here already. */
  readonly neighbours: readonly { readonly peerId: string; readonly point: number }[]
  /** Neighbours that may not: named so that targets are not looked for behind them. */
  readonly except: ReadonlySet<string>
  readonly horizon: Pick<Horizon, 'match' | 'towards' | 'isKnown'>
  /** Hashes of the query's keys; undefined = no filter can tell: to everybody. */
  readonly keys: readonly KeyHash[] | undefined
  /** Look into the own horizon, not only towards `targets`. */
  readonly explore: boolean
  readonly targets: readonly number[]
  /** Peers that others take care of. */
  readonly skip: ReadonlySet<number>
  /** Peers that match and are taken care of already. */
  readonly promised: number
  /** Neighbours that explore further; used when more than three hops are left. */
  readonly fanout: number
  /** With so many peers promised by filters no more are asked. */
  readonly enough: number
  readonly random: Random
}

/** A message to one neighbour. */
export interface Hop {
  readonly peerId: string
  readonly targets: readonly number[]
  readonly explore: boolean
}

export interface Route {
  readonly hops: readonly Hop[]
  /** For those who explore: whom they need not take care of. */
  readonly skip: readonly number[]
  /** For them too: how many peers are promised now. */
  readonly promised: number
}

/** Explorers look for so many times their share, since some find nothing and some the same. */
const SHARES = 2

const NOWHERE: Route = { hops: [], skip: [], promised: 0 }

/** Where a query goes from here: at most one message to a neighbour. */
export function route(input: RouteInput): Route {
  const { ttl, neighbours, keys, skip } = input
  if (ttl < 1 || neighbours.length === 0) return NOWHERE
  if (!keys) {
    return {
      hops: neighbours.map(({ peerId }) => ({ peerId, targets: [], explore: false })),
      skip: [],
      promised: 0,
    }
  }
  const directions = new Map<number, Direction>()
  for (const target of input.targets) {
    const direction = input.horizon.towards(target, ttl, input.except)
    if (direction) directions.set(target, direction)
  }
  const explorers = new Set<string>()
  if (input.explore) explore(input, keys, directions, explorers)
  const byHop = Map.groupBy(directions.keys(), (point) => directions.get(point)!.via)
  const hops: Hop[] = []
  const assigned = [...skip]
  for (const { peerId, point } of neighbours) {
    const isExplorer = explorers.has(peerId)
    const targets = byHop.get(peerId) ?? []
    if (!isExplorer && targets.length === 0) continue
    hops.push({ peerId, targets, explore: isExplorer })
    assigned.push(...targets, point)
  }
  const isSkipUseful = explorers.size > 0
  const promised = Math.max(0, input.promised + directions.size - input.targets.length)
  // What is missing is shared out among those who look for it.
  const share = Math.ceil((SHARES * Math.max(0, input.enough - promised)) / Math.max(1, explorers.size))
  return {
    hops,
    promised: Math.max(promised, input.enough - share),
    skip: isSkipUseful ? [...new Set(assigned)].slice(-MAX_SKIP) : [],
  }
}

/** Adds what the filters promise, and who looks further. */
function explore(
  { ttl, neighbours, horizon, except, skip, fanout, enough, promised, random }: RouteInput,
  keys: readonly KeyHash[],
  directions: Map<number, Direction>,
  explorers: Set<string>,
): void {
  const matches = [...horizon.match(keys, Math.min(HORIZON, ttl), except)].filter(
    ([point]) => !skip.has(point) && !directions.has(point),
  )
  matches.sort(([, a], [, b]) => a.distance - b.distance)
  const missing = Math.max(0, enough - promised)
  const isEnough = matches.length >= missing
  for (const [point, direction] of matches.slice(0, missing)) {
    directions.set(point, direction)
  }
  if (isEnough) return
  const unknown = neighbours.filter(({ peerId }) => !horizon.isKnown(peerId))
  const known = neighbours.filter(({ peerId }) => horizon.isKnown(peerId))
  const chosen = ttl > HORIZON ? shuffled(random, known).slice(0, fanout) : []
  for (const { peerId } of [...unknown, ...chosen]) explorers.add(peerId)
}
