import { type Random, randomInt, shuffled } from '../../base/random.ts'

/** A peer that might become a neighbour. */
export interface Candidate {
  readonly peerId: string
  /** Round trip, ms, when it was measured. */
  readonly latencyMs: number | undefined
}

/**
 * Whom to dial: a third of the places goes to those with the lowest known latency, the rest to random ones, without whom the network
 * would fall into clusters. Fewer than `wanted` when there are no more candidates.
 */
export function chooseNeighbours(candidates: readonly Candidate[], wanted: number, random: Random): string[] {
  if (wanted <= 0) return []
  const mixed = shuffled(random, candidates)
  const near = mixed
    .filter((candidate) => candidate.latencyMs !== undefined)
    .sort((a, b) => a.latencyMs! - b.latencyMs!)
  const chosen = new Set<string>()
  for (let i = 0; i < wanted; i++) {
    const wantsNear = randomInt(random, 3) === 0
    const pool = wantsNear && near.length > 0 ? near : mixed
    const next =
      pool.find(({ peerId }) => !chosen.has(peerId)) ?? mixed.find(({ peerId }) => !chosen.has(peerId))
    if (!next) break
    chosen.add(next.peerId)
  }
  return [...chosen]
}

/** What an open neighbourhood looks like to one who has no room left. */
export interface Droppable {
  readonly peerId: string
  /** Neighbours that it has, as it said last. */
  readonly degree: number
}

/** Who makes room for a peer that urgently needs a neighbour: the one with most neighbours, if it keeps at least `least`. */
export function chooseToDrop(neighbours: readonly Droppable[], least: number): string | undefined {
  let best: Droppable | undefined
  for (const neighbour of neighbours) if (!best || neighbour.degree > best.degree) best = neighbour
  return best && best.degree > least ? best.peerId : undefined
}

/** Of two streams between the same two peers the one opened by the smaller PeerId stays: both sides decide alike. */
export function keepsNewStream(openers: { current: string; next: string }): boolean {
  return openers.next <= openers.current
}
