import { type Random, randomInt } from '../src/base/random.ts'

const VOCABULARY = 150_000
const SYLLABLES =
  'ba ko ri ne ta mu shi lo ver an del ra po qui zen far gor hil win est ca di fe ju ki pa so tu vi ya'.split(
    ' ',
  )
const EXTENSIONS = ['mp3', 'mkv', 'pdf', 'jpg', 'zip', 'txt', 'flac', 'epub', 'iso', 'png']

/**
 * Names as people give them: words whose frequency follows Zipf's law (the n-th most common is 1/n as frequent as the first), years,
 * track numbers and file extensions.
 */
export class Words {
  readonly #random: Random
  readonly #words: string[]
  /** Sum of 1/n up to each rank. */
  readonly #cumulative: Float64Array

  constructor(random: Random, size = VOCABULARY) {
    this.#random = random
    this.#words = distinctWords(random, size)
    this.#cumulative = new Float64Array(size)
    let sum = 0
    for (let rank = 0; rank < size; rank++) {
      sum += 1 / (rank + 1)
      this.#cumulative[rank] = sum
    }
  }

  /** The word of a rank, 0 being the most common. */
  word(rank: number): string {
    return this.#words[rank]!
  }

  /** A rank below `limit`, by Zipf's law. */
  rankBelow(limit: number, random: Random = this.#random): number {
    const wanted = random.float() * this.#cumulative[limit - 1]!
    let low = 0
    let high = limit - 1
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#cumulative[middle]! < wanted) low = middle + 1
      else high = middle
    }
    return low
  }

  /** A path like `Music/Bari Kone/03 Tamu shilo (1994).mp3`. */
  path(random: Random): string {
    const word = () => this.#words[this.rankBelow(this.#words.length, random)]!
    const words = (least: number, most: number) =>
      Array.from({ length: least + randomInt(random, most - least + 1) }, word).join(' ')
    const number = String(1 + randomInt(random, 20)).padStart(2, '0')
    const year = random.float() < 0.3 ? ` (${1960 + randomInt(random, 66)})` : ''
    const extension = EXTENSIONS[randomInt(random, EXTENSIONS.length)]
    return `${word()}/${words(1, 2)}/${number} ${words(2, 5)}${year}.${extension}`
  }
}

function distinctWords(random: Random, size: number): string[] {
  const words = new Set<string>()
  while (words.size < size) {
    const syllables = 2 + randomInt(random, 3)
    words.add(
      Array.from({ length: syllables }, () => SYLLABLES[randomInt(random, SYLLABLES.length)]).join(''),
    )
  }
  return [...words]
}
