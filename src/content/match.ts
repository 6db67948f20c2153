import { wordRuns, wordsOf } from '../base/words.ts'
import type { SharedEntry } from './entry.ts'
import type { QueryShape } from './entry-wire.ts'

/**
 * Matching without a database, by the same rules as the catalogue's full-text search: all words must occur in the path, in any order; a run
 * in a script without spaces is a phrase; a trailing `*` makes the last word a prefix.
 */

/** What {@link compileQuery} looks through: the folded words of `path`, a space around each. */
export function matchText(path: string): string {
  return ` ${wordsOf(path).join(' ')} `
}

/** A query made ready to be put to many entries. `text` is {@link matchText} of the entry's path. */
export function compileQuery(query: QueryShape): (entry: SharedEntry, text: string) => boolean {
  const phrases = queryPhrases(query.words ?? '')
  return (entry, text) =>
    (query.cid === undefined || entry.cid === query.cid) &&
    (query.sha256 === undefined || entry.sha256 === query.sha256) &&
    phrases.every((phrase) => text.includes(phrase))
}

function queryPhrases(words: string): string[] {
  const phrases = wordRuns(words).map((run) => ` ${run.join(' ')} `)
  const last = phrases.pop()
  if (last === undefined) return phrases
  return [...new Set([...phrases, /\*\s*$/u.test(words) ? last.slice(0, -1) : last])]
}

/** The words of a query that must occur whole: all but a last one that is a prefix. Without repetition. */
export function wholeWords(words: string): string[] {
  const runs = wordRuns(words)
  const all = runs.flat()
  if (/\*\s*$/u.test(words)) all.pop()
  return [...new Set(all)]
}
