/**
 * Whether a query may have come to all peers, to judge by how many there are 1, 2 and 3 hops away: beyond that, each hop is taken to
 * reach as many more as the third did compared with the second. An estimate.
 *
 * @param size peers in the network, this one included
 */
export function mayReachAll(sizes: readonly [number, number, number], ttl: number, size: number): boolean {
  const [, second, third] = sizes
  let reached = 1
  for (const near of sizes.slice(0, ttl)) reached += near
  const growth = second > 0 ? third / second : 0
  let ring = third
  for (let hop = sizes.length; hop < ttl; hop++) {
    ring *= growth
    reached += ring
  }
  return reached >= size
}

/** Horizons overlap, and explorers are chosen at random. */
const OVERLAP = 1.25
const MIN_EXPLORERS = 2

/**
 * Neighbours that explore for a query that began here: about as many as horizons like the own one fit into the network. More would ask the same peers
 * again. At most `max`.
 *
 * @param size peers in the network, this one included
 */
export function explorersFor(sizes: readonly [number, number, number], size: number, max: number): number {
  const near = sizes.reduce((sum, count) => sum + count, 1)
  return Math.min(max, Math.max(MIN_EXPLORERS, Math.ceil((OVERLAP * size) / near)))
}
