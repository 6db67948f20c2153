import { wordsOf } from '../../base/words.ts'
import type { SharedEntry } from '../../content/entry.ts'
import { isCharacter, isCommonWord, tellingWords } from './common-words.ts'
import { cidKey, type KeyDigest, sha256Key, wordKey } from './keys.ts'
import { MAX_COUNTED_WORDS, MAX_OWN_WORDS, MAX_PATH_WORDS } from './options.ts'

/**
 * Which words of what a node shares become keys. A key leads to the node, which then looks itself: so a word that several of its files have costs
 * one key, and is one. Of the words that one file alone has, the longest {@link MAX_OWN_WORDS} are: a name with 40 words is found
 * by those that say the most.
 */
export class Keywords {
  /** In how many paths a word was seen: 1, or 2 for more. Words for which there is no room count as seen in one. */
  readonly #counts = new Map<string, 1 | 2>()

  /** First pass over entries: counts their words. */
  count(entries: Iterable<SharedEntry>): void {
    for (const { path } of entries)
      for (const word of pathWords(path)) {
        if (this.#counts.has(word)) this.#counts.set(word, 2)
        else if (this.#counts.size < MAX_COUNTED_WORDS) this.#counts.set(word, 1)
      }
  }

  /** Second pass: all keys of an entry whose words have been counted. */
  keysOf({ cid, sha256, name, path }: SharedEntry): KeyDigest[] {
    const keys = new Set<KeyDigest>([cidKey(cid)])
    if (sha256 !== undefined) keys.add(sha256Key(sha256))
    for (const word of this.#chosen(name, path)) keys.add(wordKey(word))
    return [...keys]
  }

  #chosen(name: string, path: string): string[] {
    const words = pathWords(path).filter((word) => !isCommonWord(word))
    const isFree = (word: string) => this.#counts.get(word) === 2 || isCharacter(word)
    const own = words.filter((word) => !isFree(word)).sort((a, b) => b.length - a.length)
    return [...words.filter(isFree), ...own.slice(0, MAX_OWN_WORDS), ...lastResort(name)]
  }
}

/** The words of a path that are looked at, without repetition. The name's come first: a path may be long. */
function pathWords(path: string): string[] {
  const parts = path.split('/').reverse()
  const words = new Set<string>()
  for (const part of parts)
    for (const word of wordsOf(part)) {
      words.add(word)
      if (words.size >= MAX_PATH_WORDS) return [...words]
    }
  return [...words]
}

/** The words by which a name with nothing but common words is found. */
function lastResort(name: string): readonly string[] {
  const words = [...new Set(wordsOf(name))]
  return words.every(isCommonWord) ? tellingWords(words).slice(0, MAX_OWN_WORDS) : []
}
