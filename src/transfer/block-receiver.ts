import { createHash, type Hash } from 'node:crypto'
import { BLOCK_SIZE } from '../content/cid.ts'
import { sameBytes } from '../content/verify.ts'
import { SourceFault } from './source-fault.ts'

export interface ReceiverSetup {
  readonly blockCount: number
  /** Bytes of a block; undefined when only the block itself tells (a file that is one raw block). */
  readonly sizeOf: (index: number) => number | undefined
  /** SHA-256 of a block of unknown size: it is whole as soon as its bytes have that. */
  readonly digestOf: (index: number) => Uint8Array
}

/** A whole block, not verified yet. */
export interface ReceivedBlock {
  readonly index: number
  readonly bytes: Uint8Array
}

interface Part {
  /** Bytes in order; undefined until the first. */
  buffer: Uint8Array | undefined
  received: number
  /** Of the bytes so far, while the size is not known. */
  hash: Hash | undefined
}

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
  /** Bytes that may still be thrown away. */
  #wasteBytes = 0

  constructor(setup: ReceiverSetup) {
    this.#setup = setup
  }

  get askedCount(): number {
    return this.#asked.size
  }

  isAsked(index: number): boolean {
    return this.#asked.has(index)
  }

  ask(indices: readonly number[]): void {
    for (const index of indices) this.#asked.set(index, newPart())
  }

  cancel(indices: readonly number[]): void {
    for (const index of indices) {
      if (!this.#asked.delete(index)) continue
      this.#cancelled.add(index)
      this.#wasteBytes += this.#setup.sizeOf(index) ?? BLOCK_SIZE
      if (this.#cancelled.size > MAX_CANCELLED) this.#cancelled.delete(this.#cancelled.values().next().value!)
    }
  }

  /** The source says that it cannot give a block. False when it was never asked for it. */
  refused(index: number): boolean {
    return this.#asked.delete(index) || this.#cancelled.has(index)
  }

  /**
   * One message.
   *
   * @returns the block when that completes one
   * @throws BAD_RESPONSE for what was not asked for, does not fit, or has no end
   */
  take(index: number, offset: number, data: Uint8Array): ReceivedBlock | undefined {
    let part = this.#asked.get(index)
    if (!part) {
      this.#waste(index, data)
      return undefined
    }
    const size = this.#setup.sizeOf(index)
    if (offset !== part.received) {
      // The rest of a copy that was taken back, or, from 0 on, the new one.
      if (!this.#cancelled.has(index)) throw bad(`part of block ${index} out of order`)
      if (offset !== 0) {
        this.#waste(index, data)
        return undefined
      }
      part = newPart()
      this.#asked.set(index, part)
    }
    if (part.received + data.length > (size ?? BLOCK_SIZE)) throw bad(`block ${index} is too large`)
    if (data.length === 0 && size !== 0) throw bad(`empty part of block ${index}`)
    const bytes = this.#append(part, data, size ?? BLOCK_SIZE)
    const whole = size === undefined ? this.#hasDigest(part, index, data) : bytes.length === size
    if (!whole) {
      if (bytes.length === BLOCK_SIZE) throw new SourceFault('BAD_BLOCK', `wrong bytes in block ${index}`)
      return undefined
    }
    this.#asked.delete(index)
    return { index, bytes }
  }

  /** What has come of the block so far. A block that comes in one message is not copied. */
  #append(part: Part, data: Uint8Array, size: number): Uint8Array {
    if (part.received === 0 && data.length === size) return data
    part.buffer ??= new Uint8Array(size)
    part.buffer.set(data, part.received)
    part.received += data.length
    return part.buffer.subarray(0, part.received)
  }

  #hasDigest(part: Part, index: number, data: Uint8Array): boolean {
    part.hash ??= createHash('sha256')
    part.hash.update(data)
    return sameBytes(part.hash.copy().digest(), this.#setup.digestOf(index))
  }

  #waste(index: number, data: Uint8Array): void {
    this.#wasteBytes -= Math.max(1, data.length)
    if (!this.#cancelled.has(index) || this.#wasteBytes < -1) throw bad(`block ${index} was not asked for`)
  }
}

function newPart(): Part {
  return { buffer: undefined, received: 0, hash: undefined }
}

function bad(what: string): SourceFault {
  return new SourceFault('BAD_RESPONSE', what)
}
