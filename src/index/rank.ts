import { wordsOf } from '../base/words.ts'
import type { FoundEntry } from './records.ts'

/**
 * The order in which hits are shown: those with more of the words in their own name (not only in the folders above) first, among them
 * those with more providers. Only what was found is ordered, never all that matches.
 */
export function rankFound(found: readonly FoundEntry[], words: readonly string[]): FoundEntry[] {
  if (words.length === 0 || found.length < 2) return [...found]
  return found
    .map((entry) => ({ entry, inName: wordsInName(entry.path, words) }))
    .sort((a, b) => b.inName - a.inName || b.entry.shelves.length - a.entry.shelves.length)
    .map(({ entry }) => entry)
}

function wordsInName(path: string, words: readonly string[]): number {
  const inName = new Set(wordsOf(nameOf(path)))
  return words.filter((word) => inName.has(word)).length
}

/** The last part of a path. */
export const nameOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1)
