import { wordsOf } from '../base/words.ts'
import type { SharedEntry } from '../content/entry.ts'

/**
 * The entries that fit the words best first: those whose own name has all of them, before those that only lie in a folder with such a name; then
 * shorter names, of which the words are a greater part. A trailing `*` makes the last word a prefix.
 */
export function rankEntries(entries: readonly SharedEntry[], words: string): SharedEntry[] {
  const wanted = wordsOf(words)
  const prefix = /\*\s*$/u.test(words) ? wanted.pop() : undefined
  const score = (entry: SharedEntry) => {
    const has = new Set(wordsOf(entry.name))
    const whole = wanted.every((word) => has.has(word))
    const begun = prefix === undefined || [...has].some((word) => word.startsWith(prefix))
    return { entry, misses: whole && begun ? 0 : 1, length: entry.name.length }
  }
  return entries
    .map(score)
    .sort((a, b) => a.misses - b.misses || a.length - b.length)
    .map(({ entry }) => entry)
}
