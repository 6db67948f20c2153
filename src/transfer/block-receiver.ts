import { BLOCK_SIZE } from '../content/cid.ts'
import type { BlockMemory } from './disk/block-memory.ts'
import { SourceFault } from './source-fault.ts'

export interface ReceiverSetup {
  readonly blockCount: number
  /** Bytes of a block; undefined while neither the manifest nor the source has told them. */
  readonly sizeOf: (index: number) => number | undefined
  readonly memory: Pick<BlockMemory, 'take' | 'give' | 'lose'>
}

/** A whole block, not verified yet. Whoever takes it gives its memory back. */
export interface ReceivedBlock {
  readonly index: number
  readonly bytes: Uint8Array
}

interface Part {
  /** Bytes in order; undefined until the first. */
  buffer: Uint8Array | undefined
  received: number
}

/** Where bytes go that are thrown away. */
const WASTE = new Uint8Array(16 * 1024)

/** Most cancelled blocks that are remembered: what is on its way when it is cancelled is never more. */
const MAX_CANCELLED = 4096

/**
 * Puts one source's block messages together and lets nothing through that was not asked for. Parts of different sources never meet: each source
 * has its own receiver, so a wrong block has one author.
 *
 * What was asked for bounds its memory.
 */
export class BlockReceiver {
  readonly #setup: ReceiverSetup
  readonly #asked = new Map<number, Part>()
  /** Taken back on this stream; their bytes may still come and are thrown away. */
  readonly #cancelled = new Set<number>()
  /** The block whose bytes are being put where {@link place} said. */
  #placing: number | undefined
  /** Bytes that may still be thrown away, less those that there is room for at the moment. */
  #wasteBytes = 0
  #wasting = 0

  constructor(setup: ReceiverSetup) {
    this.#setup = setup
  }

  get askedCount(): number {
    return this.#asked.size
  }

  isAsked(index: number): boolean {
    return this.#asked.has(index)
  }

  isBegun(index: number): boolean {
    return (this.#asked.get(index)?.received ?? 0) > 0
  }

  ask(indices: readonly number[]): void {
    for (const index of indices) this.#asked.set(index, { buffer: undefined, received: 0 })
  }

  cancel(indices: readonly number[]): void {
    for (const index of indices) {
      const part = this.#asked.get(index)
      if (!part) continue
      this.#drop(index, part)
      this.#cancelled.add(index)
      this.#wasteBytes += this.#setup.sizeOf(index) ?? BLOCK_SIZE
      if (this.#cancelled.size > MAX_CANCELLED) this.#cancelled.delete(this.#cancelled.values().next().value!)
    }
  }

  /** The source says that it cannot give a block. False when it was never asked for it. */
  refused(index: number): boolean {
    const part = this.#asked.get(index)
    if (part) this.#drop(index, part)
    return part !== undefined || this.#cancelled.has(index)
  }

  /** Nothing more comes: gives back what is half full. */
  close(): void {
    for (const [index, part] of this.#asked) this.#drop(index, part)
  }

  /**
   * Bytes of a block are coming.
   *
   * @param room how many at the most
   * @returns where they go
   * @throws BAD_RESPONSE for what was not asked for, does not fit, or has no end
   */
  place(index: number, offset: number, room: number): Uint8Array {
    this.#placing = undefined
    const part = this.#asked.get(index)
    if (!part) return this.#waste(index, room)
    const size = this.#setup.sizeOf(index)
    if (size === undefined) throw bad(`block ${index} before the file was opened`)
    if (offset !== part.received) {
      // The rest of a copy that was taken back, or, from 0 on, the new one.
      if (!this.#cancelled.has(index)) throw bad(`part of block ${index} out of order`)
      if (offset !== 0) return this.#waste(index, room)
      part.received = 0
    }
    if (part.received + room > size) throw bad(`block ${index} is too large`)
    part.buffer ??= this.#setup.memory.take(size)
    this.#placing = index
    return part.buffer.subarray(part.received, part.received + room)
  }

  /** So many bytes are where {@link place} said last. @returns the block when that completes one */
  placed(count: number): ReceivedBlock | undefined {
    // Fewer may have come than there was room for.
    this.#wasteBytes += Math.max(0, this.#wasting - count)
    this.#wasting = 0
    const index = this.#placing
    this.#placing = undefined
    const part = index === undefined ? undefined : this.#asked.get(index)
    // Taken back since it was said where they go.
    if (index === undefined || !part?.buffer) return undefined
    part.received += count
    if (part.received < part.buffer.length) return undefined
    this.#asked.delete(index)
    return { index, bytes: part.buffer }
  }

  #drop(index: number, { buffer }: Part): void {
    this.#asked.delete(index)
    if (!buffer) return
    // Bytes may still be put there: nobody else may have it before.
    if (index === this.#placing) this.#setup.memory.lose()
    else this.#setup.memory.give(buffer)
  }

  #waste(index: number, room: number): Uint8Array {
    if (!this.#cancelled.has(index) || this.#wasteBytes < room) throw bad(`block ${index} was not asked for`)
    this.#wasting = Math.min(room, WASTE.length)
    this.#wasteBytes -= this.#wasting
    return WASTE.subarray(0, this.#wasting)
  }
}

function bad(what: string): SourceFault {
  return new SourceFault('BAD_RESPONSE', what)
}
