import { createHash } from 'node:crypto'
import { type Random, randomInt } from '../../src/base/random.ts'
import { cidOfDigest, RAW } from '../../src/content/cid.ts'
import type { SharedEntry } from '../../src/content/entry.ts'
import { matchText } from '../../src/content/match.ts'
import { Zipf } from './zipf.ts'

/** One file that exists somewhere; everything of it is shared between the nodes that have it. */
export interface LabFile {
  /** Its place in the catalogue; 0 is the most popular. */
  readonly id: number
  readonly entry: SharedEntry
  /** Words of its name, without the extension. */
  readonly words: readonly string[]
  /** As src/content/match.ts wants it. */
  readonly text: string
}

/** Extensions, the most frequent first. They are words like any other, and the most common ones. */
const EXTENSIONS = ['mp3', 'jpg', 'pdf', 'mkv', 'zip', 'txt', 'epub', 'iso']
const SYLLABLES =
  'ba be bo da de do fa fi go ha ka ke ko la le li lo ma me mi mo na ne no pa pe ra re ri ro sa se si so ta te ti to va ve za zo'.split(
    ' ',
  )
const MODIFIED_MS = 1_700_000_000_000

/** The made-up word of a rank, two syllables or more; each rank has another. */
export function wordOfRank(rank: number): string {
  let rest = rank + SYLLABLES.length
  let word = ''
  while (rest > 0) {
    word = SYLLABLES[rest % SYLLABLES.length]! + word
    rest = Math.floor(rest / SYLLABLES.length)
  }
  return word
}

/** A small file called `name`; its content follows from the name, so that its digest does. */
export function labFile(id: number, words: readonly string[], extension: string): LabFile {
  const name = `${words.join(' ')}.${extension}`
  const digest = createHash('sha256').update(name).digest()
  const entry: SharedEntry = {
    cid: cidOfDigest(RAW, digest),
    sha256: digest.toString('hex'),
    name,
    path: name,
    sizeBytes: name.length,
    kind: 'file',
    modifiedMs: MODIFIED_MS,
  }
  return { id, entry, words, text: matchText(name) }
}

/**
 * `size` different files, their names made of 3 to 5 different words. Words follow Zipf's law with exponent 1 over `vocabulary` words, as
 * words in names of shared files do; how popular a word is has nothing to do with how popular the file is.
 */
export function makeCatalogue(random: Random, size: number, vocabulary: number): LabFile[] {
  const ranks = new Zipf(vocabulary, 1)
  const extensions = new Zipf(EXTENSIONS.length, 1)
  const names = new Set<string>()
  const files: LabFile[] = []
  while (files.length < size) {
    const words = new Set<string>()
    const count = 3 + randomInt(random, 3)
    while (words.size < count) words.add(wordOfRank(ranks.draw(random)))
    const file = labFile(files.length, [...words], EXTENSIONS[extensions.draw(random)]!)
    if (names.has(file.entry.name)) continue
    names.add(file.entry.name)
    files.push(file)
  }
  return files
}
