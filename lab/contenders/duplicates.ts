import type { FloodMembership } from '../../src/discovery/flood/ports.ts'
import type { LibrarySearch } from '../../src/discovery/library-locator.ts'

/** What stands between a flood and its node, and how often the flood looked into the library more than once for one query. */
export interface DuplicateWatch {
  readonly parts: { readonly membership: FloodMembership; readonly library: LibrarySearch }
  readonly duplicates: number
}

/** Sees from outside which queries lead to a search: the flood's own notes of what it has seen are what is being checked. */
export function watchDuplicates(membership: FloodMembership, library: LibrarySearch): DuplicateWatch {
  const searchedFor = new Set<string>()
  let duplicates = 0
  let current: string | undefined
  const watched: FloodMembership = {
    get record() {
      return membership.record
    },
    neighbours: () => membership.neighbours(),
    neighbourChanges: membership.neighbourChanges,
    isGone: (peerId) => membership.isGone(peerId),
    estimatedSize: () => membership.estimatedSize(),
    on(kind, handler) {
      membership.on(kind, (from, message) => {
        // The library is looked into before the handler returns.
        current = kind === 'query' && 'id' in message ? Buffer.from(message.id).toString('latin1') : undefined
        handler(from, message)
        current = undefined
      })
    },
  }
  const search: LibrarySearch['search'] = (query) => {
    if (current !== undefined && searchedFor.has(current)) duplicates++
    else if (current !== undefined) searchedFor.add(current)
    return library.search(query)
  }
  return {
    parts: { membership: watched, library: { search } },
    get duplicates() {
      return duplicates
    },
  }
}
