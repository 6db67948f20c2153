import { type Random, seededRandom } from '../src/base/random.ts'
import { type LabFile, makeCatalogue } from './workload/catalogue.ts'
import { type LabQuery, makeQueries } from './workload/queries.ts'
import { Zipf } from './workload/zipf.ts'

export type { LabFile } from './workload/catalogue.ts'
export { type LabQuery, QUERY_CLASSES, type QueryClass } from './workload/queries.ts'

export interface WorkloadOptions {
  readonly nodes: number
  readonly seed: number
  /** Files of each node. Default 20. */
  readonly filesPerNode?: number
  /** Exponent of the files' popularity. Default 0.8: between what was measured of Gnutella and KaZaA. */
  readonly popularity?: number
}

export interface Workload {
  /** All files that somebody may have, the most popular first. */
  readonly catalogue: readonly LabFile[]
  /** What each node has. */
  readonly shares: readonly (readonly LabFile[])[]
  /** Queries for what is there; other `salt`, other queries. */
  queries(count: number, limit: number, salt?: number): LabQuery[]
}

/** Distinct files and words for each node that there is. */
const FILES_PER_NODE = 6
const WORDS_PER_NODE = 5
const MIN_WORDS = 500

/**
 * What `nodes` nodes share: 6 different files a node exist, each node has `filesPerNode` different ones of them, drawn by Zipf's law, so that
 * the first is held by about half of the nodes and most by one to three. The same seed gives the same workload.
 */
export function makeWorkload({
  nodes,
  seed,
  filesPerNode = 20,
  popularity = 0.8,
}: WorkloadOptions): Workload {
  const random = seededRandom(seed ^ 0x51ed)
  const size = Math.max(FILES_PER_NODE * nodes, 2 * filesPerNode)
  const vocabulary = Math.max(MIN_WORDS, WORDS_PER_NODE * nodes)
  const catalogue = makeCatalogue(random, size, vocabulary)
  const ranks = new Zipf(size, popularity)
  const shares = Array.from({ length: nodes }, () => drawFiles(random, ranks, filesPerNode, catalogue))
  return {
    catalogue,
    shares,
    queries: (count, limit, salt = 0) =>
      makeQueries({ random: seededRandom(seed ^ 0x9e37 ^ (salt << 16)), count, limit, shares }),
  }
}

function drawFiles(random: Random, ranks: Zipf, count: number, catalogue: readonly LabFile[]): LabFile[] {
  const ids = new Set<number>()
  while (ids.size < count) ids.add(ranks.draw(random))
  return [...ids].map((id) => catalogue[id]!)
}
