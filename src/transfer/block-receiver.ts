import { partStart } from '../content/block-chain.ts'
import { BLOCK_SIZE } from '../content/cid.ts'
import type { BlockMemory } from './disk/block-memory.ts'
import type { ComingBlocks } from './parts/coming-blocks.ts'
import { SourceFault } from './source-fault.ts'

export interface ReceiverSetup {
  readonly blockCount: number
  /** Bytes of a block; undefined while neither the manifest nor the source has told them. */
  readonly sizeOf: (index: number) => number | undefined
  readonly memory: Pick<BlockMemory, 'take' | 'give' | 'lose'>
  /** Where blocks are put together that come in parts. */
  readonly coming?: Pick<ComingBlocks, 'take' | 'handOver'> | undefined
}

/** A whole block, not verified yet. Whoever takes it gives its memory back. */
export interface ReceivedBlock {
  readonly index: number
  readonly bytes: Uint8Array
}

/** A block has come, or a part of one. */
export interface Received {
  readonly index: number
  /** Bytes of it. */
  readonly length: number
  /** The block, when it is whole now. */
  readonly block?: Uint8Array
  /** Another source was quicker, and nothing more comes of this one. */
  readonly isLate?: boolean
}

interface Incoming {
  /** Bytes in order; undefined until the first. Of a block in parts: those of the part that is coming. */
  buffer: Uint8Array | undefined
  received: number
  /** Of a block that is asked for in parts: what comes before this byte is missing. */
  end?: number
  /** The part that is coming. */
  start: number
  chaining?: Uint8Array
  isBegun: boolean
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
  readonly #asked = new Map<number, Incoming>()
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

  /** Of a block that is asked for as a whole. */
  receivedBytes(index: number): number {
    return this.#asked.get(index)?.received ?? 0
  }

  isBegun(index: number): boolean {
    return this.#asked.get(index)?.isBegun ?? false
  }

  ask(indices: readonly number[]): void {
    for (const index of indices) this.#asked.set(index, incoming(undefined))
  }

  /** A block is asked for in parts, from `end` down. */
  askParts(index: number, end: number): void {
    this.#asked.set(index, incoming(end))
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
    // What it had sent of it before may still come.
    this.cancel([index])
    return this.#cancelled.has(index)
  }

  /** Nothing more comes: gives back what is half full. */
  close(): void {
    for (const [index, part] of this.#asked) this.#drop(index, part)
  }

  /**
   * Bytes of a block are coming.
   *
   * @param room how many at the most
   * @param chaining of a part of a block that comes from its end: the chaining value before it
   * @returns where they go
   * @throws BAD_RESPONSE for what was not asked for, does not fit, or has no end
   */
  place(index: number, offset: number, room: number, chaining?: Uint8Array): Uint8Array {
    this.#placing = undefined
    const part = this.#asked.get(index)
    if (!part) return this.#waste(index, room)
    if (part.end !== undefined) return this.#placePart(index, part, { offset, room, chaining })
    if (chaining) return this.#waste(index, room)
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

  /** So many bytes are where {@link place} said last. @returns the block, or part, that this completes @throws BAD_BLOCK for a part that is wrong */
  placed(count: number): Received | undefined {
    // Fewer may have come than there was room for.
    this.#wasteBytes += Math.max(0, this.#wasting - count)
    this.#wasting = 0
    const index = this.#placing
    this.#placing = undefined
    const part = index === undefined ? undefined : this.#asked.get(index)
    // Taken back since it was said where they go.
    if (index === undefined || !part?.buffer) return undefined
    part.received += count
    part.isBegun = true
    if (part.received < part.buffer.length) return undefined
    if (part.end !== undefined) return this.#takePart(index, part, part.buffer)
    this.#asked.delete(index)
    return { index, length: part.buffer.length, block: part.buffer }
  }

  #placePart(
    index: number,
    part: Incoming,
    { offset, room, chaining }: { offset: number; room: number; chaining: Uint8Array | undefined },
  ): Uint8Array {
    const isNext = part.buffer
      ? offset === part.start + part.received && room === part.buffer.length - part.received
      : offset === partStart(part.end!) && offset + room === part.end
    // What is left of a request that was taken back.
    if (!chaining || !isNext) return this.#waste(index, room)
    if (!part.buffer) {
      part.buffer = new Uint8Array(room)
      part.start = offset
      part.chaining = chaining
    }
    this.#placing = index
    return part.buffer.subarray(part.received)
  }

  #takePart(index: number, part: Incoming, bytes: Uint8Array): Received {
    const coming = this.#setup.coming!
    const { start, chaining } = part
    const { length } = bytes
    const result = coming.take(index, { start, bytes, chaining: chaining! })
    if (result === 'wrong') throw new SourceFault('BAD_BLOCK', `wrong bytes in block ${index}`)
    if (result === 'late') {
      this.cancel([index])
      return { index, length, isLate: true }
    }
    part.buffer = undefined
    part.received = 0
    part.end = start
    if (start > 0) return { index, length }
    this.#asked.delete(index)
    const block = coming.handOver(index)
    return block ? { index, length, block } : { index, length, isLate: true }
  }

  #drop(index: number, { buffer, end }: Incoming): void {
    this.#asked.delete(index)
    if (!buffer || end !== undefined) return
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

function incoming(end: number | undefined): Incoming {
  return { buffer: undefined, received: 0, start: 0, isBegun: false, ...(end !== undefined && { end }) }
}

function bad(what: string): SourceFault {
  return new SourceFault('BAD_RESPONSE', what)
}
