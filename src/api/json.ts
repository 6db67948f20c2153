import type { SharedEntry } from '../content/entry.ts'
import type { LibraryPage, SearchEvent } from './node-port.ts'

/** The facts of an entry as every answer names them; `sha256` is left out for folders. */
export function entryJson({ cid, sha256, name, path, sizeBytes, kind }: SharedEntry) {
  return { cid, ...(sha256 !== undefined && { sha256 }), name, path, size: sizeBytes, kind }
}

/** A page of the library. */
export function libraryPageJson({ entries, cursor }: LibraryPage) {
  return {
    entries: entries.map((entry) => ({
      ...entryJson(entry),
      modifiedMs: entry.modifiedMs,
      file: entry.absPath,
    })),
    ...(cursor && { cursor }),
  }
}

/** One event of a search. */
export function searchEventJson(event: SearchEvent) {
  if (event.type === 'hit') {
    const { entry, providers, via } = event
    return {
      event: 'hit',
      ...entryJson(entry),
      providers: providers.map(({ peerId, name, addresses }) => ({ peerId, name, addresses })),
      via,
    }
  }
  const { hits, ms, reason, via } = event
  return { event: 'done', hits, ms, reason, via }
}
