import type { Random } from '../../src/base/random.ts'

/** Draws ranks 0 … `size` - 1, rank r with a weight of 1 / (r + 1)^s (Zipf's law). */
export class Zipf {
  readonly #sums: Float64Array

  /** @param s exponent; 0 makes all ranks alike */
  constructor(size: number, s: number) {
    this.#sums = new Float64Array(size)
    let sum = 0
    for (let rank = 0; rank < size; rank++) {
      sum += (rank + 1) ** -s
      this.#sums[rank] = sum
    }
  }

  get size(): number {
    return this.#sums.length
  }

  draw(random: Random): number {
    const sums = this.#sums
    const wanted = random.float() * sums.at(-1)!
    let low = 0
    let high = sums.length - 1
    while (low < high) {
      const middle = (low + high) >> 1
      if (sums[middle]! > wanted) high = middle
      else low = middle + 1
    }
    return low
  }
}
