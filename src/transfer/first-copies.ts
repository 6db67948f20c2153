import { type Random, randomInt } from '../base/random.ts'
import { Bitmap } from './bitmap.ts'

/** Blocks that a taker may choose from at a time: one that is being sent and those that are asked for meanwhile. */
const SHOWN = 3

interface Taker {
  /** Blocks it was shown and has not been sent. */
  readonly shown: Set<number>
  readonly show: (indices: number[]) => void
  readonly showAll: () => void
}

/**
 * Spreads a file over those who fetch it from here at the same time: until every block has been sent once, each is shown blocks that nobody else is, so that
 * none is sent twice while another is not out at all. After that everybody is shown everything. (BitTorrent's super seeding, BEP 16, without
 * its wait for the block to be seen elsewhere.)
 */
export class FirstCopies {
  readonly #blockCount: number
  readonly #random: Random
  /** Neither shown to anybody nor sent. */
  readonly #hidden: number[]
  readonly #sent: Bitmap
  readonly #takers = new Set<Taker>()

  constructor(blockCount: number, random: Random) {
    this.#blockCount = blockCount
    this.#random = random
    this.#hidden = Array.from({ length: blockCount }, (_, index) => index)
    this.#sent = new Bitmap(blockCount)
  }

  /** Every block has been sent to somebody. */
  get isOver(): boolean {
    return this.#sent.isFull
  }

  /** A taker that is to be shown blocks bit by bit. @returns blocks to begin with, and how to tell of what was sent and of its end */
  join(tell: { show(indices: number[]): void; showAll(): void }): {
    first: number[]
    sent(index: number): void
    leave(): void
  } {
    const taker: Taker = { shown: new Set(), show: tell.show, showAll: tell.showAll }
    this.#takers.add(taker)
    return {
      first: this.#showMore(taker),
      sent: (index) => this.#onSent(taker, index),
      leave: () => {
        this.#takers.delete(taker)
        // Shown and not sent: others may have them.
        this.#hidden.push(...taker.shown)
        for (const other of this.#takers) this.#refill(other)
      },
    }
  }

  /** A block went to somebody who sees everything. */
  noteSent(index: number): void {
    this.#sent.add(index)
    const at = this.#hidden.indexOf(index)
    if (at !== -1) this.#take(at)
    if (this.isOver) this.#end()
  }

  #onSent(taker: Taker, index: number): void {
    taker.shown.delete(index)
    this.#sent.add(index)
    if (this.isOver) this.#end()
    else this.#refill(taker)
  }

  #refill(taker: Taker): void {
    const more = this.#showMore(taker)
    if (more.length > 0) taker.show(more)
  }

  #showMore(taker: Taker): number[] {
    const more: number[] = []
    while (taker.shown.size < SHOWN && this.#hidden.length > 0) {
      const index = this.#take(randomInt(this.#random, this.#hidden.length))
      taker.shown.add(index)
      more.push(index)
    }
    return more
  }

  #take(at: number): number {
    const index = this.#hidden[at]!
    const last = this.#hidden.pop()!
    if (at < this.#hidden.length) this.#hidden[at] = last
    return index
  }

  #end(): void {
    const takers = [...this.#takers]
    this.#takers.clear()
    for (const taker of takers) taker.showAll()
  }

  getDebugState(): Record<string, number> {
    return {
      blocks: this.#blockCount,
      sent: this.#sent.count,
      hidden: this.#hidden.length,
      takers: this.#takers.size,
    }
  }
}
