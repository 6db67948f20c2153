import { BLOCK_SIZE } from '../../content/cid.ts'
import { type BlockSpan, blocksOfSize } from '../../content/manifest.ts'
import { setBits } from '../../storage/block-bitmap.ts'

/** Blocks that are read in one go: 32 MiB, some 30 ms of hashing, a third of a second for a slow disk. A file's progress is kept in these steps. */
export const RANGE_BLOCKS = 32
export const RANGE_BYTES = RANGE_BLOCKS * BLOCK_SIZE

/** How many ranges a file has, at least 1. */
export const rangesOfSize = (sizeBytes: number): number => Math.ceil(blocksOfSize(sizeBytes) / RANGE_BLOCKS)

/** The blocks of a range. */
export function spanOfRange(sizeBytes: number, range: number): BlockSpan {
  const first = range * RANGE_BLOCKS
  return { first, end: Math.min(first + RANGE_BLOCKS, blocksOfSize(sizeBytes)) }
}

/** Bytes of a file in a range. */
export function bytesOfRange(sizeBytes: number, range: number): number {
  return Math.min(RANGE_BYTES, sizeBytes - range * RANGE_BYTES)
}

/** Which ranges of a file are done, and which are being read. */
export class FileRanges {
  readonly total: number
  readonly #sizeBytes: number
  readonly #given = new Set<number>()
  #done: Uint8Array
  #left: number
  /** No range before it can be given. */
  #next = 0

  /** @param done as {@link bitmap} gave it, or empty @param sizeBytes of the file */
  constructor(sizeBytes: number, done: Uint8Array) {
    this.total = rangesOfSize(sizeBytes)
    this.#sizeBytes = sizeBytes
    this.#done = setBits(done, [], this.total)
    this.#left = Array.from({ length: this.total }, (_, range) => range).filter(
      (range) => !this.#isDone(range),
    ).length
  }

  /** One bit a range, the first one the highest bit of the first byte. */
  get bitmap(): Uint8Array {
    return this.#done
  }

  /** Some range is being read. */
  get isBusy(): boolean {
    return this.#given.size > 0
  }

  get isDone(): boolean {
    return this.#left === 0
  }

  /** Ranges that nobody reads and that are not done. */
  get ungiven(): number {
    return this.#left - this.#given.size
  }

  get leftBytes(): number {
    let bytes = 0
    for (let range = 0; range < this.total; range++) {
      if (!this.#isDone(range)) bytes += bytesOfRange(this.#sizeBytes, range)
    }
    return bytes
  }

  /** Gives the first range that nobody reads. @throws RangeError when there is none */
  give(): number {
    for (let range = this.#next; range < this.total; range++) {
      if (this.#isDone(range) || this.#given.has(range)) continue
      this.#next = range + 1
      this.#given.add(range)
      return range
    }
    throw new RangeError('every range is done or being read')
  }

  /** It was not read: somebody else may. */
  takeBack(range: number): void {
    if (this.#given.delete(range)) this.#next = Math.min(this.#next, range)
  }

  /** It was read. */
  finish(range: number): void {
    this.#given.delete(range)
    if (this.#isDone(range)) return
    this.#done = setBits(this.#done, [range], this.total)
    this.#left--
  }

  #isDone(range: number): boolean {
    return (this.#done[range >> 3]! & (0x80 >> (range & 7))) !== 0
  }
}
