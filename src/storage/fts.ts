import { wordRuns, wordsOf } from '../base/words.ts'

/**
 * How an FTS5 table has to be declared for {@link ftsText} and {@link ftsQuery}: no copy of the text is kept, rows can be deleted,
 * and `prefix` makes searches for the first letters of a word as fast as for the whole.
 *
 * Words are folded and separated before SQLite sees them, so the plain `ascii` tokenizer is right: it splits at the spaces put there and takes
 * every character beyond ASCII for part of a word. `unicode61` knows Unicode 6.1 and would drop letters added since.
 * https://sqlite.org/fts5.html#ascii_tokenizer
 */
export const FTS_OPTIONS = `content = '', contentless_delete = 1, tokenize = 'ascii', prefix = '2 3'`

/** Words of a query that count; a file name of 255 bytes has fewer. Keeps a hostile query from being costly. */
const MAX_QUERY_WORDS = 128

/** What is stored for a name or path: its words in order. */
export function ftsText(text: string): string {
  return wordsOf(text).join(' ')
}

/**
 * The FTS5 query for words as typed: all of them must occur, in any order. A run in a script without spaces is a phrase, its characters must
 * stand next to each other; a trailing `*` makes the last word a prefix. Never an FTS5 syntax error, whatever the input: words hold letters,
 * digits and marks only, and are quoted.
 *
 * @returns undefined when there is no word in `words`
 */
export function ftsQuery(words: string): string | undefined {
  const phrases: string[] = []
  let room = MAX_QUERY_WORDS
  for (const run of wordRuns(words)) {
    const part = run.slice(0, room)
    if (part.length === 0) break
    room -= part.length
    phrases.push(`"${part.join(' ')}"`)
  }
  if (phrases.length === 0) return undefined
  if (/\*\s*$/u.test(words)) phrases.push(`${phrases.pop()} *`)
  return [...new Set(phrases)].join(' AND ')
}
