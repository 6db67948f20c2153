import type { PeerRecord } from './peer-record.ts'
import { bitsOf, commonPrefix, firstPoint, labelOf, MAX_ZONE_BITS } from './point.ts'

/** Which records count, and which of those equally close come first: the higher `rank`. Both are asked often and must be cheap. */
export interface Preference {
  accepts(record: PeerRecord): boolean
  rank(record: PeerRecord): number
}

/** The `limit` best of what is offered: longest prefix shared with `point` first. */
export class Closest {
  readonly #point: number
  readonly #limit: number
  readonly #preference: Preference
  readonly #best: { record: PeerRecord; shared: number; rank: number }[] = []

  constructor(point: number, limit: number, preference: Preference) {
    this.#point = point
    this.#limit = limit
    this.#preference = preference
  }

  get isFull(): boolean {
    return this.#best.length >= this.#limit
  }

  /** The shortest shared prefix that is among the best; -1 while there is room. */
  get leastShared(): number {
    return this.isFull ? (this.#best.at(-1)?.shared ?? 33) : -1
  }

  offer(records: Iterable<PeerRecord>): void {
    const best = this.#best
    for (const record of records) {
      const shared = commonPrefix(this.#point, record.point)
      if (shared < this.leastShared || !this.#preference.accepts(record)) continue
      const rank = this.#preference.rank(record)
      let at = best.length
      while (at > 0 && (best[at - 1]!.shared - shared || best[at - 1]!.rank - rank) < 0) at--
      if (at >= this.#limit) continue
      best.splice(at, 0, { record, shared, rank })
      if (best.length > this.#limit) best.pop()
    }
  }

  records(): PeerRecord[] {
    return this.#best.map(({ record }) => record)
  }
}

/**
 * Offers contacts by zone, those of zones in which the point lies first. When these are not enough the other zones' names, not their
 * contacts, are gone through, and the closest zones offered until there are enough.
 */
export function offerZones(
  closest: Closest,
  point: number,
  far: ReadonlyMap<number, readonly PeerRecord[]>,
): void {
  for (let bits = MAX_ZONE_BITS; bits >= 0; bits--) {
    const contacts = far.get(labelOf(point, bits))
    if (contacts) closest.offer(contacts)
  }
  if (closest.leastShared >= MAX_ZONE_BITS) return
  const byDepth: number[][] = []
  for (const label of far.keys()) {
    const shared = commonPrefix(point, firstPoint(label))
    if (shared >= bitsOf(label)) continue
    const labels = byDepth[shared]
    if (labels) labels.push(label)
    else byDepth[shared] = [label]
  }
  for (let depth = byDepth.length - 1; depth >= 0 && closest.leastShared < depth; depth--)
    for (const label of byDepth[depth] ?? []) closest.offer(far.get(label)!)
}
