import { wordsOf } from '../src/base/words.ts'
import { wholeWords } from '../src/content/match.ts'
import type { SearchQuery } from '../src/discovery/locator.ts'
import type { LabFile } from './workload.ts'

/**
 * Knows what every node has, and answers queries exactly. It uses an inverted index instead of matching texts, so that it does not
 * repeat a fault of what it judges. Queries with a prefix are not its business.
 */
export class Oracle {
  readonly #byWord = new Map<string, Set<LabFile>>()
  readonly #byCid = new Map<string, LabFile>()
  readonly #holders = new Map<LabFile, number[]>()

  constructor(shares: readonly (readonly LabFile[])[]) {
    shares.forEach((files, node) => {
      this.add(node, files)
    })
  }

  /** Node `node` has these files, too. */
  add(node: number, files: readonly LabFile[]): void {
    for (const file of files) {
      const holders = this.#holders.get(file)
      if (holders) {
        holders.push(node)
        continue
      }
      this.#holders.set(file, [node])
      this.#byCid.set(file.entry.cid, file)
      for (const word of wordsOf(file.entry.path)) {
        const files = this.#byWord.get(word)
        if (files) files.add(file)
        else this.#byWord.set(word, new Set([file]))
      }
    }
  }

  /** CIDs that match and that a node for which `counts` holds has, different ones only. */
  answer(query: SearchQuery, counts: (node: number) => boolean): Set<string> {
    const cids = new Set<string>()
    for (const file of this.#matching(query)) {
      if (this.#holders.get(file)!.some(counts)) cids.add(file.entry.cid)
    }
    return cids
  }

  #matching({ words, cid, sha256 }: SearchQuery): LabFile[] {
    let found: LabFile[] | undefined
    if (cid !== undefined) {
      const file = this.#byCid.get(cid)
      found = file ? [file] : []
    }
    const sets = wholeWords(words ?? '').map((word) => this.#byWord.get(word) ?? new Set<LabFile>())
    sets.sort((a, b) => a.size - b.size)
    for (const set of sets) found = found ? found.filter((file) => set.has(file)) : [...set]
    found ??= [...this.#holders.keys()]
    return sha256 === undefined ? found : found.filter(({ entry }) => entry.sha256 === sha256)
  }
}

/** Found / what there was to find, at most `limit` of it; 1 when there was nothing. */
export function recallOf(found: Iterable<string>, existing: ReadonlySet<string>, limit: number): number {
  const wanted = Math.min(limit, existing.size)
  if (wanted === 0) return 1
  let hits = 0
  for (const cid of found) if (existing.has(cid)) hits++
  return Math.min(1, hits / wanted)
}
