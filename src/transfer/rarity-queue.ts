import type { Random } from '../base/random.ts'
import { randomInt } from '../base/random.ts'

/**
 * The blocks that nobody has been asked for, in groups by how many partial sources have them, rarest group first. Every change
 * costs O(groups), every choice among complete sources O(groups), so that a file of a million blocks is no slower than one of ten. The idea is
 * libtorrent's piece_picker (https://blog.libtorrent.org/2011/11/writing-a-fast-piece-picker/).
 */
export class RarityQueue {
  /** Open blocks, group after group. */
  readonly #order: Uint32Array
  /** Where in `#order` a block is; -1 when it is not open. */
  readonly #position: Int32Array
  readonly #rarity: Uint16Array
  /** `#ends[r]`: where the group of rarity r ends. A group begins where the one before ends. */
  #ends: number[] = [0]
  /** No block before this one is in. */
  #lowest = 0

  constructor(blockCount: number) {
    this.#order = new Uint32Array(blockCount)
    this.#position = new Int32Array(blockCount).fill(-1)
    this.#rarity = new Uint16Array(blockCount)
  }

  /** Number of open blocks. */
  get size(): number {
    return this.#ends.at(-1)!
  }

  has(index: number): boolean {
    return this.#position[index] !== -1
  }

  /** Puts a block in; nothing happens when it is in. */
  add(index: number): void {
    if (this.has(index)) return
    if (index < this.#lowest) this.#lowest = index
    const rarity = this.#rarity[index]!
    this.#grow(rarity)
    // From the last group down, each group gives its first place to its end: a gap walks to the end of the block's group.
    let gap = this.#ends.at(-1)!
    for (let group = this.#ends.length - 1; group > rarity; group--) {
      const start = this.#ends[group - 1]!
      if (start !== gap) this.#put(gap, this.#order[start]!)
      gap = start
      this.#ends[group]!++
    }
    this.#ends[rarity]!++
    this.#put(gap, index)
  }

  /** Takes a block out; nothing happens when it is not in. */
  remove(index: number): void {
    if (!this.has(index)) return
    let gap = this.#position[index]!
    for (let group = this.#rarity[index]!; group < this.#ends.length; group++) {
      const last = --this.#ends[group]!
      if (last !== gap) this.#put(gap, this.#order[last]!)
      gap = last
    }
    this.#position[index] = -1
  }

  /** One more (`+1`) or one less (`-1`) partial source has the block, open or not. */
  change(index: number, by: 1 | -1): void {
    const open = this.has(index)
    if (open) this.remove(index)
    this.#rarity[index]! += by
    if (open) this.add(index)
  }

  /**
   * A block of the rarest group that has one which `wanted` takes, every such block of the group about as likely; undefined when no group has one.
   */
  pick(random: Random, wanted: (index: number) => boolean): number | undefined {
    let start = 0
    for (const end of this.#ends) {
      const size = end - start
      const offset = size > 0 ? randomInt(random, size) : 0
      for (let i = 0; i < size; i++) {
        const index = this.#order[start + ((offset + i) % size)]!
        if (wanted(index)) return index
      }
      start = end
    }
    return undefined
  }

  /** The first block of the file that `wanted` takes; undefined when there is none. */
  first(wanted: (index: number) => boolean): number | undefined {
    if (this.size === 0) return undefined
    while (!this.has(this.#lowest)) this.#lowest++
    for (let index = this.#lowest; index < this.#position.length; index++)
      if (this.has(index) && wanted(index)) return index
    return undefined
  }

  #put(position: number, index: number): void {
    this.#order[position] = index
    this.#position[index] = position
  }

  #grow(rarity: number): void {
    while (this.#ends.length <= rarity) this.#ends.push(this.#ends.at(-1)!)
  }
}
