import { Emitter } from '../../base/events.ts'
import { CHAINING_BYTES, PART_BYTES, partStart, valueAfter } from '../../content/block-chain.ts'
import { sameBytes } from '../../content/verify.ts'
import type { BlockMemory } from '../disk/block-memory.ts'

export interface ComingSetup {
  readonly sizeOf: (index: number) => number
  readonly digestOf: (index: number) => Uint8Array
  readonly memory: Pick<BlockMemory, 'take' | 'give'>
  /** What the chaining value after a part is. Default: SHA-256 */
  readonly valueAfter?: typeof valueAfter
}

/** A verified part of a block, in memory of its own. */
export interface VerifiedPart {
  /** Where in the block it begins. */
  readonly start: number
  readonly bytes: Uint8Array
  /** The chaining value before it. */
  readonly chaining: Uint8Array
}

interface Coming {
  readonly block: Uint8Array
  /** Everything from here on is there and right. */
  from: number
  /** The chaining value before `from`, or the digest. */
  expected: Uint8Array
  /** Those before the parts, by where they begin. */
  readonly chaining: Map<number, Uint8Array>
  /** The sink has it, and gives its memory back. */
  isHandedOver: boolean
}

/** Most blocks that are begun at once: what sources that are gone have begun stays, so that others go on with it. */
const MAX_COMING = 64

/** Blocks whose chaining values are remembered when they are whole, 1 KiB each: they are given to others in parts, too. */
const MAX_REMEMBERED = 4096

/**
 * Blocks that come from their ends, part by part, each verified at once: what there is of them can be given to others before they are whole, and another
 * source can go on where one has stopped.
 */
export class ComingBlocks {
  /** The first part of a block is there. */
  readonly begun = new Emitter<number>()
  /** More of a block is there. */
  readonly grown = new Emitter<number>()
  readonly #setup: ComingSetup
  readonly #blocks = new Map<number, Coming>()
  /** Of blocks that came whole in parts. */
  readonly #past = new Map<number, Uint8Array>()

  constructor(setup: ComingSetup) {
    this.#setup = setup
  }

  /** Another block can be begun. */
  get hasRoom(): boolean {
    return this.#blocks.size < MAX_COMING
  }

  /** Blocks that are begun. */
  get indices(): Iterable<number> {
    return this.#blocks.keys()
  }

  /** From where on a block is there; undefined when nothing of it is. */
  from(index: number): number | undefined {
    return this.#blocks.get(index)?.from
  }

  /**
   * A part of a block has come.
   *
   * @param chaining the chaining value before it, 32 bytes, as its sender says
   * @returns `late` when it is not the one that comes next: another source was quicker
   */
  take(index: number, { start, bytes, chaining }: VerifiedPart): 'taken' | 'wrong' | 'late' {
    const { sizeOf, digestOf, memory } = this.#setup
    const size = sizeOf(index)
    const known = this.#blocks.get(index)
    const end = known?.from ?? size
    if (start + bytes.length !== end || start !== partStart(end)) return 'late'
    const after = (this.#setup.valueAfter ?? valueAfter)(
      chaining,
      bytes,
      start,
      end === size ? size : undefined,
    )
    if (!sameBytes(after, known?.expected ?? digestOf(index))) return 'wrong'
    const coming = known ?? {
      block: memory.take(size),
      from: size,
      expected: after,
      chaining: new Map(),
      isHandedOver: false,
    }
    coming.block.set(bytes, start)
    coming.from = start
    coming.expected = chaining
    coming.chaining.set(start, chaining)
    this.#blocks.set(index, coming)
    if (!known) this.begun.emit(index)
    this.grown.emit(index)
    return 'taken'
  }

  /** The part that ends at `end`, a border between parts; undefined while it is not there. */
  part(index: number, end: number): VerifiedPart | undefined {
    const coming = this.#blocks.get(index)
    if (!coming || end < 1 || end > coming.block.length) return undefined
    const start = partStart(end)
    const chaining = coming.chaining.get(start)
    if (start < coming.from || !chaining) return undefined
    return { start, bytes: coming.block.slice(start, end), chaining }
  }

  /**
   * The whole block, to be given to a sink, which gives its memory back. It can be read here until {@link forget}, which has to follow before anything else
   * can be received.
   */
  handOver(index: number): Uint8Array | undefined {
    const coming = this.#blocks.get(index)
    if (!coming || coming.from > 0 || coming.isHandedOver) return undefined
    coming.isHandedOver = true
    return coming.block
  }

  /** A block is stored, or turned out to be of no use. */
  forget(index: number): void {
    const coming = this.#blocks.get(index)
    if (!coming) return
    this.#blocks.delete(index)
    if (coming.isHandedOver) this.#remember(index, coming)
    else this.#setup.memory.give(coming.block)
  }

  /** As `chainingValues` makes them, of a block that came in parts. */
  chainingValues(index: number): Uint8Array | undefined {
    return this.#past.get(index)
  }

  #remember(index: number, { chaining }: Coming): void {
    const values = new Uint8Array((chaining.size - 1) * CHAINING_BYTES)
    for (const [start, value] of chaining)
      if (start > 0) values.set(value, (start / PART_BYTES - 1) * CHAINING_BYTES)
    this.#past.set(index, values)
    if (this.#past.size > MAX_REMEMBERED) this.#past.delete(this.#past.keys().next().value!)
  }

  close(): void {
    for (const index of [...this.#blocks.keys()]) this.forget(index)
  }
}

/** As those see it who are given blocks. */
export type ComingView = Pick<
  ComingBlocks,
  'begun' | 'grown' | 'indices' | 'from' | 'part' | 'chainingValues'
>

/** What is said of the chaining value before the first part: it is SHA-256's own. */
export const NO_CHAINING = new Uint8Array(CHAINING_BYTES)
