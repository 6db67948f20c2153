import { type Position, sharedBits } from './position.ts'

/**
 * How many leading bits of `target` bound the region of which a look-up for it knows all peers. The look-up ended with `found` (nearest
 * first), the `k` nearest there are: of those that share more bits with `target` than the farthest does, none is missing. When there
 * are fewer than `k`, there are no others at all, and the region is everything: 0.
 */
export function regionBits(target: Position, found: readonly Position[], k: number): number {
  const farthest = found[k - 1]
  return farthest ? Math.min(sharedBits(target, farthest) + 1, 8 * target.length) : 0
}

/** How many of `sorted` (by position), from `from` on, lie in the region of `bits` leading bits around `target`. */
export function regionEnd(sorted: readonly Position[], from: number, target: Position, bits: number): number {
  let end = from
  while (end < sorted.length && sharedBits(sorted[end]!, target) >= bits) end++
  return end
}
