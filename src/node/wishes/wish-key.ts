import { wordRuns } from '../../base/words.ts'

/** The same for words that find the same: case, diacritics, spaces and signs make no other search; the order of words does. */
export function wishKey(words: string): string {
  const runs = wordRuns(words).map((run) => run.join('+'))
  return `${runs.join(' ')}${words.trimEnd().endsWith('*') ? '*' : ''}`
}
