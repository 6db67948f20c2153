import type { LibraryEntry, LibraryPage } from '../../api/types.ts'

/** The pages that are loaded, one after the other. */
export interface Loaded {
  readonly entries: readonly LibraryEntry[]
  /** For the next page; undefined at the end. */
  readonly cursor: string | undefined
}

/** With one page more. What comes twice, since the list changed meanwhile, is there once. */
export function withPage(loaded: Loaded | undefined, page: LibraryPage): Loaded {
  if (!loaded) return { entries: page.entries, cursor: page.cursor }
  const known = new Set(loaded.entries.map(({ file }) => file))
  const added = page.entries.filter(({ file }) => !known.has(file))
  return { entries: [...loaded.entries, ...added], cursor: page.cursor }
}
