import type { SearchHit } from '../../api/types.ts'
import { KINDS, type Kind, kindOf } from '../../kinds.ts'

export interface Filters {
  readonly kind: Kind | 'all'
  /** Bytes at least. */
  readonly minSize: number
  /** Bytes at most; 0 = any. */
  readonly maxSize: number
  /** Holders at least. */
  readonly minHolders: number
}

export const NO_FILTERS: Filters = { kind: 'all', minSize: 0, maxSize: 0, minHolders: 0 }

export const SORTS = {
  best: 'Best first',
  name: 'Name',
  large: 'Largest',
  small: 'Smallest',
  holders: 'Most holders',
} as const
export type Sort = keyof typeof SORTS

const collator = new Intl.Collator(undefined, { numeric: true, sensitivity: 'base' })

const ORDER: Readonly<Record<Exclude<Sort, 'best'>, (a: SearchHit, b: SearchHit) => number>> = {
  name: (a, b) => collator.compare(a.name, b.name),
  large: (a, b) => b.size - a.size,
  small: (a, b) => a.size - b.size,
  holders: (a, b) => b.providers.length - a.providers.length,
}

/** The hits that pass the filters, in order; `best` is the order in which they came. */
export function shownHits(hits: Iterable<SearchHit>, filters: Filters, sort: Sort): SearchHit[] {
  const { kind, minSize, maxSize, minHolders } = filters
  const shown: SearchHit[] = []
  for (const hit of hits) {
    if (kind !== 'all' && kindOf(hit) !== kind) continue
    if (hit.size < minSize || (maxSize > 0 && hit.size > maxSize)) continue
    if (hit.providers.length < minHolders) continue
    shown.push(hit)
  }
  return sort === 'best' ? shown : shown.sort(ORDER[sort])
}

/** How many of each kind there are, in the order of the kinds; those without any are left out. */
export function kindCounts(hits: Iterable<SearchHit>): [kind: Kind, count: number][] {
  const counts = new Map<Kind, number>()
  for (const hit of hits) counts.set(kindOf(hit), (counts.get(kindOf(hit)) ?? 0) + 1)
  return KINDS.filter((kind) => counts.has(kind)).map((kind) => [kind, counts.get(kind)!])
}

/** Why a locator stopped, for people; empty when it came to its end. */
export function stoppedText(stopped: string | undefined): string {
  switch (stopped) {
    case 'limit':
      return 'enough found'
    case 'timeout':
      return 'out of time'
    case 'cancelled':
      return 'stopped'
    case 'partial':
      return 'not everybody answered'
    case 'ttl':
      return 'there may be peers further off'
    default:
      return ''
  }
}
