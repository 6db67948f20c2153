import type { BlockSpan } from '../../content/layout.ts'

/** Readers of one file at once whose blocks are fetched ahead; of the one that began first nothing is fetched ahead any more then. */
const MAX_CURSORS = 64

interface Cursor {
  /** The block that is read next. */
  next: number
  readonly end: number
}

/** Which blocks of one file are wanted by those who read it: those that somebody waits for, and those that come next. Decides only. */
export class Wants {
  readonly #waiting = new Map<number, number>()
  /** By reader, in the order of beginning. */
  readonly #cursors = new Map<object, Cursor>()

  /** Readers ahead of whom blocks are fetched. */
  get readers(): number {
    return this.#cursors.size
  }

  get isIdle(): boolean {
    return this.#waiting.size === 0 && this.#cursors.size === 0
  }

  /** Somebody waits for a block until the returned function is called. */
  wait(index: number): () => void {
    this.#waiting.set(index, (this.#waiting.get(index) ?? 0) + 1)
    let isOver = false
    return () => {
      if (isOver) return
      isOver = true
      const left = this.#waiting.get(index)! - 1
      if (left > 0) this.#waiting.set(index, left)
      else this.#waiting.delete(index)
    }
  }

  /** A reader begins to read blocks in order; what it read before is over. */
  begin(reader: object, { first, end }: BlockSpan): void {
    this.#cursors.delete(reader)
    if (first < end) this.#cursors.set(reader, { next: first, end })
    const [oldest] = this.#cursors.keys()
    if (this.#cursors.size > MAX_CURSORS) this.#cursors.delete(oldest!)
  }

  /** A reader asks for a block: those after it come next. One that did not begin changes nothing. */
  moved(reader: object, index: number): void {
    const cursor = this.#cursors.get(reader)
    if (!cursor || index >= cursor.end) return
    cursor.next = index + 1
    if (cursor.next >= cursor.end) this.#cursors.delete(reader)
  }

  leave(reader: object): void {
    this.#cursors.delete(reader)
  }

  /** What is wanted, the most urgent first: what somebody waits for, then the next block of each reader, the one after it, and so on. */
  list(aheadBlocks: number): number[] {
    const wanted = new Set(this.#waiting.keys())
    for (let distance = 0; distance < aheadBlocks; distance++)
      for (const { next, end } of this.#cursors.values())
        if (next + distance < end) wanted.add(next + distance)
    return [...wanted]
  }
}

/** How many blocks are fetched ahead of each reader, so that all those blocks have room in memory. */
export function aheadOf(
  readers: { readonly ofFile: number; readonly inAll: number },
  limits: {
    readonly aheadBlocks: number
    readonly aheadBlocksPerFile: number
    readonly aheadBlocksInAll: number
  },
): number {
  const { aheadBlocks, aheadBlocksPerFile, aheadBlocksInAll } = limits
  const ofFile = Math.floor(aheadBlocksPerFile / Math.max(1, readers.ofFile))
  return Math.min(aheadBlocks, ofFile, Math.floor(aheadBlocksInAll / Math.max(1, readers.inAll)))
}
