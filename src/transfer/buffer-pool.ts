import { KIB, MIB } from '../base/units.ts'

/** Sizes that are kept, and how many of each: most blocks are whole, most files small. A little more than a block, for what goes before it. */
const CLASSES = [
  { bytes: 64 * KIB, kept: 128 },
  { bytes: MIB + 64, kept: 32 },
] as const

/** Buffers that are used again and again, so that blocks leave no work to the garbage collector. */
export class BufferPool {
  readonly #free: Uint8Array[][] = CLASSES.map(() => [])

  /** One of at least so many bytes, with whatever is in it. @throws RangeError when it is larger than a block */
  take(bytes: number): Uint8Array {
    const at = CLASSES.findIndex((each) => each.bytes >= bytes)
    if (at === -1) throw new RangeError(`no buffer of ${bytes} bytes`)
    return this.#free[at]!.pop() ?? Buffer.allocUnsafeSlow(CLASSES[at]!.bytes)
  }

  /** Gives one back: nobody may use it any more. */
  give(buffer: Uint8Array): void {
    const at = CLASSES.findIndex((each) => each.bytes === buffer.length)
    const free = this.#free[at]
    if (free && free.length < CLASSES[at]!.kept) free.push(buffer)
  }
}
