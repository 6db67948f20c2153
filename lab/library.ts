import type { SharedEntry } from '../src/content/entry.ts'
import { compileQuery } from '../src/content/match.ts'
import type { LibrarySearch } from '../src/discovery/library-locator.ts'
import type { EntrySource, SearchQuery } from '../src/discovery/locator.ts'
import type { LabFile } from './workload.ts'

type Matcher = ReturnType<typeof compileQuery>

const MAX_COMPILED = 1000
/** Thousands of nodes are asked the same. */
const compiled = new Map<string, Matcher>()

function matcherOf(query: SearchQuery): Matcher {
  const key = `${query.words ?? ''}|${query.sha256 ?? ''}|${query.cid ?? ''}`
  const known = compiled.get(key)
  if (known) return known
  if (compiled.size >= MAX_COMPILED) compiled.clear()
  const made = compileQuery(query)
  compiled.set(key, made)
  return made
}

/** What one node of the laboratory shares: references to files that all nodes have in common. */
export class LabLibrary implements LibrarySearch, EntrySource {
  #files: readonly LabFile[]
  #changes = 0
  /** Searches made here. */
  searches = 0

  constructor(files: readonly LabFile[]) {
    this.#files = files
  }

  get entries(): SharedEntry[] {
    return this.#files.map(({ entry }) => entry)
  }

  set(files: readonly LabFile[]): void {
    this.#files = files
    this.#changes++
  }

  search(query: SearchQuery): SharedEntry[] {
    this.searches++
    const matches = matcherOf(query)
    const found: SharedEntry[] = []
    for (const { entry, text } of this.#files) {
      if (!matches(entry, text)) continue
      found.push(entry)
      if (found.length >= query.limit) break
    }
    return found
  }

  revision(): string {
    return `lab:${this.#changes}`
  }

  *batches(): Generator<SharedEntry[]> {
    if (this.#files.length > 0) yield this.entries
  }
}
