import { wordRuns, wordsOf } from '../../base/words.ts'
import type { SharedEntry } from '../../content/entry.ts'
import type { QueryShape } from '../../content/entry-wire.ts'
import { wholeWords } from '../../content/match.ts'

/** Characters of a word that a filter knows its beginning by. */
const PREFIX_LENGTH = 3

/** Adds the keys under which `entry` can be found: its words, their beginnings, its SHA-256 and its CID. */
export function addKeysOf(entry: SharedEntry, keys: Set<string>): void {
  keys.add(`c:${entry.cid}`)
  if (entry.sha256 !== undefined) keys.add(`s:${entry.sha256}`)
  for (const word of wordsOf(entry.path)) {
    if (keys.has(`w:${word}`)) continue
    keys.add(`w:${word}`)
    const prefix = prefixKey(word)
    if (prefix !== undefined) keys.add(prefix)
  }
}

/** The keys that a catalogue must have to answer `query`. Empty when no filter can tell, as for a prefix of two characters. */
export function keysOfQuery({ words = '', sha256, cid }: QueryShape): string[] {
  const keys = wholeWords(words).map((word) => `w:${word}`)
  if (cid !== undefined) keys.push(`c:${cid}`)
  if (sha256 !== undefined) keys.push(`s:${sha256}`)
  const last = /\*\s*$/u.test(words) ? wordRuns(words).flat().at(-1) : undefined
  const prefix = last === undefined ? undefined : prefixKey(last)
  if (prefix !== undefined) keys.push(prefix)
  return [...new Set(keys)]
}

function prefixKey(word: string): string | undefined {
  if (word.length < PREFIX_LENGTH) return undefined
  const characters = [...word.slice(0, 2 * PREFIX_LENGTH)]
  return characters.length < PREFIX_LENGTH ? undefined : `p:${characters.slice(0, PREFIX_LENGTH).join('')}`
}
