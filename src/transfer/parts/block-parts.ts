import type { Clock } from '../../base/clock.ts'
import { CHAINING_BYTES, chainingValues, PART_BYTES, partStart } from '../../content/block-chain.ts'
import type { ServedFile } from '../served-file.ts'
import { TokenBucket } from '../token-bucket.ts'
import { NO_CHAINING, type VerifiedPart } from './coming-blocks.ts'

/** Blocks that are kept: those who fetch a file together ask for the same ones. */
const MAX_BLOCKS = 16

/** Blocks whose chaining values are kept, 1 KiB each. */
const MAX_VALUES = 4096

/** Blocks a second that are hashed for their chaining values, and at once: it runs on the main thread, 8 ms each. Fast lines ask for whole blocks. */
const HASHED_PER_SECOND = 40
const HASHED_BURST = 80

/** How often somebody who waits for that looks again, ms. */
const WAIT_MS = 25

interface Prepared {
  readonly block: Uint8Array
  readonly chaining: Uint8Array
}

/** Cuts blocks of files on the disk into parts that can be verified one by one. For all lines. */
export class BlockParts {
  readonly #clock: Clock
  readonly #bucket: TokenBucket
  readonly #valuesOf: (block: Uint8Array) => Uint8Array
  /** By CID and index, the latest used last. */
  readonly #blocks = new Map<string, Promise<Prepared | undefined>>()
  readonly #values = new Map<string, Uint8Array>()

  /** @param valuesOf chaining values of a block; default: SHA-256's */
  constructor(clock: Clock, valuesOf: (block: Uint8Array) => Uint8Array = chainingValues) {
    this.#clock = clock
    this.#bucket = new TokenBucket(clock, HASHED_BURST, HASHED_PER_SECOND)
    this.#valuesOf = valuesOf
  }

  /**
   * The part of a block that ends at `end`, a border between parts; waits while too many blocks are asked for.
   *
   * @returns undefined when the block cannot be given
   */
  async part(cid: string, file: ServedFile, index: number, end: number): Promise<VerifiedPart | undefined> {
    const prepared = await this.#prepared(cid, file, index)
    if (!prepared) return undefined
    const start = partStart(end)
    const at = (start / PART_BYTES - 1) * CHAINING_BYTES
    const chaining = start === 0 ? NO_CHAINING : prepared.chaining.subarray(at, at + CHAINING_BYTES)
    return { start, bytes: prepared.block.subarray(start, end), chaining }
  }

  #prepared(cid: string, file: ServedFile, index: number): Promise<Prepared | undefined> {
    const key = `${cid} ${index}`
    const known = this.#blocks.get(key)
    if (known) {
      this.#blocks.delete(key)
      this.#blocks.set(key, known)
      return known
    }
    const preparing = this.#prepare(key, file, index)
    this.#blocks.set(key, preparing)
    if (this.#blocks.size > MAX_BLOCKS) this.#blocks.delete(this.#blocks.keys().next().value!)
    const forget = () => {
      if (this.#blocks.get(key) === preparing) this.#blocks.delete(key)
    }
    preparing.then((prepared) => prepared ?? forget(), forget)
    return preparing
  }

  async #prepare(key: string, file: ServedFile, index: number): Promise<Prepared | undefined> {
    const block = new Uint8Array(file.sizeOf(index))
    if ((await file.readInto(index, block)) === undefined) return undefined
    const known = this.#values.get(key) ?? file.coming?.chainingValues(index)
    if (known) return { block, chaining: known }
    while (!this.#bucket.take())
      await new Promise<void>((resolve) => void this.#clock.schedule(resolve, WAIT_MS))
    const chaining = this.#valuesOf(block)
    this.#values.set(key, chaining)
    if (this.#values.size > MAX_VALUES) this.#values.delete(this.#values.keys().next().value!)
    return { block, chaining }
  }
}
