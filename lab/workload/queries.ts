import { type Random, randomInt, shuffled } from '../../src/base/random.ts'
import type { SearchQuery } from '../../src/discovery/locator.ts'
import type { LabFile } from './catalogue.ts'

export const QUERY_CLASSES = ['common', 'rare', 'two words', 'exact'] as const
/**
 * `common`: one word that at least 1 % of the peers hold. `rare`: one word that matches at most 5 (peer, file) pairs. `two words`: two words
 * of one file. `exact`: a CID.
 */
export type QueryClass = (typeof QUERY_CLASSES)[number]

export interface LabQuery {
  readonly kind: QueryClass
  readonly query: SearchQuery
}

/** Pairs that a rare word matches at most. */
const RARE_PAIRS = 5
const COMMON_SHARE = 0.01
/** Draws before a class that is not to be found among popular files is looked for among all. */
const MAX_DRAWS = 2000

export interface QueryPlan {
  readonly random: Random
  readonly count: number
  readonly limit: number
  /** What each node has. */
  readonly shares: readonly (readonly LabFile[])[]
}

/**
 * Queries for things that exist, a quarter of each class, in random order. The file behind each is a random copy of a random node, so
 * that popular files are asked for as often as they are held.
 */
export function makeQueries({ random, count, limit, shares }: QueryPlan): LabQuery[] {
  const held = holdings(shares)
  const drawFile = () => {
    const files = shares[randomInt(random, shares.length)]!
    return files[randomInt(random, files.length)]!
  }
  const drawWord = (fits: (word: string) => boolean) => {
    for (let i = 0; i < MAX_DRAWS; i++) {
      const fitting = drawFile().words.filter(fits)
      if (fitting.length > 0) return fitting[randomInt(random, fitting.length)]!
    }
    return [...held.keys()].find(fits) ?? drawFile().words[0]!
  }
  const make: Record<QueryClass, () => Omit<SearchQuery, 'limit'>> = {
    common: () => ({ words: drawWord((word) => held.get(word)!.peers >= COMMON_SHARE * shares.length) }),
    rare: () => ({ words: drawWord((word) => held.get(word)!.pairs <= RARE_PAIRS) }),
    'two words': () => ({ words: shuffled(random, drawFile().words).slice(0, 2).join(' ') }),
    exact: () => ({ cid: drawFile().entry.cid }),
  }
  const queries = Array.from({ length: count }, (_, i) => {
    const kind = QUERY_CLASSES[i % QUERY_CLASSES.length]!
    return { kind, query: { ...make[kind](), limit } }
  })
  return shuffled(random, queries)
}

/** By word: how many peers hold a file with it, and how many (peer, file) pairs there are. */
function holdings(shares: QueryPlan['shares']): Map<string, { peers: number; pairs: number }> {
  const held = new Map<string, { peers: number; pairs: number }>()
  for (const files of shares) {
    const own = new Set<string>()
    for (const word of files.flatMap((file) => file.words)) {
      const counts = held.get(word) ?? { peers: 0, pairs: 0 }
      held.set(word, counts)
      counts.pairs++
      if (!own.has(word)) counts.peers++
      own.add(word)
    }
  }
  return held
}
