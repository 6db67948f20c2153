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
