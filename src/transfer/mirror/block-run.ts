import { BLOCK_SIZE } from '../../content/cid.ts'
import type { ByteRange } from './answer.ts'

/** Most blocks in one request: enough to make a round trip cheap, few enough that others get the rest. */
export const MAX_RUN_BLOCKS = 4

/** Less than this is read to its end when nobody wants it any more, rather than losing the connection, bytes. */
const WORTH_READING_BYTES = 256 * 1024

/** Neighbouring blocks that are asked for by one request, and how far that is. */
export class BlockRun {
  readonly range: ByteRange
  /** Where the next byte belongs in the file. */
  position: number
  readonly #skipped = new Set<number>()
  readonly #last: number

  constructor(first: number, last: number, sizeBytes: number) {
    this.range = { start: first * BLOCK_SIZE, end: Math.min((last + 1) * BLOCK_SIZE, sizeBytes) - 1 }
    this.position = this.range.start
    this.#last = last
  }

  /**
   * Takes the block that was wanted first out of `wanted`, with those that follow it in the file.
   *
   * @param wanted not empty
   */
  static takeFrom(wanted: Set<number>, sizeBytes: number): BlockRun {
    const first: number = wanted.values().next().value!
    let last = first
    wanted.delete(first)
    while (last - first + 1 < MAX_RUN_BLOCKS && wanted.delete(last + 1)) last++
    return new BlockRun(first, last, sizeBytes)
  }

  get leftBytes(): number {
    return this.range.end + 1 - this.position
  }

  /** The block that the next byte belongs to. */
  get index(): number {
    return Math.floor(this.position / BLOCK_SIZE)
  }

  get offset(): number {
    return this.position % BLOCK_SIZE
  }

  /** Bytes left of that block. */
  get roomInBlock(): number {
    return Math.min(BLOCK_SIZE - this.offset, this.leftBytes)
  }

  get isSkipped(): boolean {
    return this.#skipped.has(this.index)
  }

  /** A block is not wanted any more; its bytes are read over. */
  skip(index: number): void {
    if (index >= this.index && index <= this.#last) this.#skipped.add(index)
  }

  /** Nothing that is to come is wanted, and it is too much to read over. */
  get isUseless(): boolean {
    for (let index = this.index; index <= this.#last; index++) if (!this.#skipped.has(index)) return false
    return this.leftBytes > WORTH_READING_BYTES
  }
}
