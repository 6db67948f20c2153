import { ShoalError } from '../../base/errors.ts'
import { PART_BYTES } from '../../content/block-chain.ts'
import type { BlockParts } from '../parts/block-parts.ts'
import type { VerifiedPart } from '../parts/coming-blocks.ts'
import type { ServedFile } from '../served-file.ts'
import { keyOf } from './block-key.ts'

/** A block that is wanted in parts. */
export interface PartWant {
  readonly file: number
  readonly cid: string
  readonly served: ServedFile
  readonly index: number
  /** What comes before this byte is wanted. */
  end: number
  /** When it was asked for or last sent from, of a monotonic clock. */
  atMs: number
}

/** A part of a block, and what is wanted of it. */
export interface WantedPart extends VerifiedPart {
  readonly want: PartWant
}

/** A block that has not grown for so long is said to be missing, ms: the taker finds somebody who gets on. Less than what counts as a stall. */
export const STUCK_MS = 1500

/** What one line wants in parts, in order. */
export class PartWants {
  readonly #blocks: BlockParts
  readonly #wants = new Map<number, PartWant>()

  constructor(blocks: BlockParts) {
    this.#blocks = blocks
  }

  get size(): number {
    return this.#wants.size
  }

  /** @throws INVALID_ARGUMENT for an end where no part of the block ends */
  want(want: PartWant): void {
    const size = want.served.sizeOf(want.index)
    const isBorder = want.end === size || (want.end > 0 && want.end < size && want.end % PART_BYTES === 0)
    if (!isBorder)
      throw new ShoalError('INVALID_ARGUMENT', `No part of block ${want.index} ends at ${want.end}.`)
    this.#wants.set(keyOf(want.file, want.index), want)
  }

  has(file: number, index: number): boolean {
    return this.#wants.has(keyOf(file, index))
  }

  /** False when it was not wanted. */
  cancel(file: number, index: number): boolean {
    return this.#wants.delete(keyOf(file, index))
  }

  close(file: number): void {
    for (const [key, want] of this.#wants) if (want.file === file) this.#wants.delete(key)
  }

  /** Something could be sent now. */
  get isReady(): boolean {
    return this.#ready() !== undefined
  }

  /** Takes out those of which there is nothing to be expected. @param nowMs of a monotonic clock */
  takeStuck(nowMs: number): PartWant[] {
    const stuck: PartWant[] = []
    for (const [key, want] of this.#wants) {
      if (isReady(want)) continue
      const isComing = want.served.coming?.from(want.index) !== undefined
      if (isComing && nowMs - want.atMs < STUCK_MS) continue
      this.#wants.delete(key)
      stuck.push(want)
    }
    return stuck
  }

  /** The next part to send; undefined when there is none; `missing` when the block cannot be given. */
  async next(): Promise<WantedPart | { missing: PartWant } | undefined> {
    const want = this.#ready()
    if (!want) return undefined
    const { cid, served, index, end } = want
    const part = served.coming?.part(index, end) ?? (await this.#blocks.part(cid, served, index, end))
    // Taken back meanwhile.
    if (this.#wants.get(keyOf(want.file, index)) !== want) return undefined
    if (part) return { ...part, want }
    this.#wants.delete(keyOf(want.file, index))
    return { missing: want }
  }

  /** A part is sent. @returns true when that was the last one of its block */
  sent({ want, start }: WantedPart, nowMs: number): boolean {
    want.end = start
    want.atMs = nowMs
    if (start > 0) return false
    const key = keyOf(want.file, want.index)
    if (this.#wants.get(key) === want) this.#wants.delete(key)
    return true
  }

  #ready(): PartWant | undefined {
    for (const want of this.#wants.values()) if (isReady(want)) return want
    return undefined
  }
}

function isReady({ served, index, end }: PartWant): boolean {
  if (!served.has || served.has.has(index)) return true
  const from = served.coming?.from(index)
  return from !== undefined && from < end
}
