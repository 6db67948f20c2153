import { type Random, randomInt } from '../../base/random.ts'
import { Bitmap } from '../bitmap.ts'

/** Blocks that a taker may choose from at a time: one that is being sent and one that is asked for meanwhile; more for one that asks for too little. */
const LEAST_SHOWN = 2
const MOST_SHOWN = 16

/** What a taker of the file is told. */
export interface TakerEvents {
  show(indices: number[]): void
  showAll(): void
  /** Somebody else gets a block that it was shown. */
  revoke(index: number): void
}

/** A taker of the file. */
export interface Copier {
  /** Blocks that it is shown to begin with; undefined: all. */
  readonly first: readonly number[] | undefined
  /** It asks for a block. False: somebody else gets it, and has it soon. */
  claim(index: number): boolean
  /** It does not want a block any more that it has asked for. */
  unclaim(index: number): void
  /** It asks for nothing: what it was shown it has from elsewhere. */
  idle(): void
  /** A block's first bytes go to it. */
  begun(index: number): void
  /** A block was sent to it. @param isIdle nothing else is asked for */
  sent(index: number, isIdle: boolean): void
  /** It needs blocks in an order of its own. */
  showAll(): void
  leave(): void
}

interface Taker extends TakerEvents {
  /** Blocks it alone may ask for and has not been sent. */
  readonly own: Set<number>
  /** Of those: asked for. */
  readonly asked: Set<number>
  /** Of those: bytes are on their way. */
  readonly begun: Set<number>
  /** It was shown these and did not want them. */
  readonly declined: Set<number>
  /** It was sent these before the first copy of all was out. */
  readonly got: Set<number>
  /** It asked for these, and somebody else gets them. */
  readonly refused: Set<number>
  most: number
  /** It sees all there is, and is refused what others get. */
  seesAll: boolean
  /** It may have all. */
  isFree: boolean
}

/**
 * Spreads a file over those who fetch it from here at the same time: until every block has been sent once, each is given blocks that nobody else is, so that
 * none is sent twice while another is not out at all. After that everybody is shown everything. (BitTorrent's super seeding, BEP 16, without
 * its wait for the block to be seen elsewhere.)
 */
export class FirstCopies {
  readonly #blockCount: number
  readonly #random: Random
  /** Nobody's, and not sent. */
  readonly #hidden: number[]
  readonly #ownerOf = new Map<number, Taker>()
  readonly #sent: Bitmap
  /** Sent to somebody who has left since: all may have them. */
  readonly #lost = new Set<number>()
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

  /** The first that comes sees everything, the others what is theirs. */
  join(events: TakerEvents): Copier {
    const seesAll = this.#takers.size === 0 || this.isOver
    const taker: Taker = {
      own: new Set(),
      asked: new Set(),
      begun: new Set(),
      declined: new Set(),
      got: new Set(),
      refused: new Set(),
      most: LEAST_SHOWN,
      seesAll,
      isFree: this.isOver,
      show: (indices) => events.show(indices),
      showAll: () => events.showAll(),
      revoke: (index) => events.revoke(index),
    }
    this.#takers.add(taker)
    return {
      first: seesAll ? undefined : this.#give(taker),
      claim: (index) => this.#claim(taker, index),
      unclaim: (index) => this.#unclaim(taker, index),
      idle: () => this.#idle(taker),
      begun: (index) => void (taker.own.has(index) && taker.begun.add(index)),
      sent: (index, isIdle) => this.#onSent(taker, index, isIdle),
      showAll: () => this.#free(taker),
      leave: () => this.#leave(taker),
    }
  }

  #claim(taker: Taker, index: number): boolean {
    const may = this.#mayHave(taker, index)
    if (!may) taker.refused.add(index)
    return may
  }

  #mayHave(taker: Taker, index: number): boolean {
    if (taker.isFree || this.isOver) return true
    const owner = this.#ownerOf.get(index)
    if (owner === taker) taker.asked.add(index)
    if (owner) return owner === taker
    if (this.#sent.has(index)) return taker.got.has(index) || this.#lost.has(index)
    const at = this.#hidden.indexOf(index)
    if (at === -1) return true
    this.#take(taker, at)
    taker.asked.add(index)
    return true
  }

  #unclaim(taker: Taker, index: number): void {
    if (!taker.own.has(index)) return
    if (!taker.begun.has(index)) taker.declined.add(index)
    this.#returnOf([index])
  }

  #idle(taker: Taker): void {
    if (taker.isFree || this.isOver) return
    const unwanted = [...taker.own].filter((index) => !taker.asked.has(index))
    for (const index of unwanted) taker.declined.add(index)
    if (unwanted.length > 0) taker.most = Math.min(MOST_SHOWN, 2 * taker.most)
    this.#returnOf(unwanted)
  }

  /** Others may have these. */
  #returnOf(indices: readonly number[]): void {
    for (const index of indices) {
      this.#disown(index)
      this.#hidden.push(index)
    }
    for (const other of this.#takers) {
      // Who sees everything may have been refused them.
      const again =
        other.seesAll && !other.isFree ? indices.filter((index) => other.refused.delete(index)) : []
      if (again.length > 0) other.show(again)
      this.#refill(other)
    }
  }

  #onSent(taker: Taker, index: number, isIdle: boolean): void {
    if (this.isOver) return
    this.#disown(index)
    const at = this.#hidden.indexOf(index)
    if (at !== -1) this.#takeOut(at)
    this.#sent.add(index)
    taker.got.add(index)
    if (this.isOver) {
      for (const each of this.#takers) this.#free(each)
      return
    }
    if (isIdle && !taker.seesAll) taker.most = Math.min(MOST_SHOWN, taker.most + 1)
    this.#refill(taker)
  }

  #refill(taker: Taker): void {
    if (taker.isFree) return
    if (!taker.seesAll) {
      const more = this.#give(taker)
      if (more.length > 0) taker.show(more)
    }
    if (taker.own.size > 0 || (taker.seesAll ? this.#hidden.length > 0 : this.#pick(taker) !== undefined))
      return
    // Nothing is left for it: it takes over what another would be sent last, or, when all is on its way, gets a second copy of what it likes.
    const index = this.#takeOver(taker)
    if (index === undefined) this.#free(taker)
    else taker.show([index])
  }

  #takeOver(taker: Taker): number | undefined {
    let from: Taker | undefined
    for (const each of this.#takers)
      if (each !== taker && each.own.size > each.begun.size && each.own.size > (from?.own.size ?? 1))
        from = each
    const index = from && [...from.own].findLast((each) => !from.begun.has(each))
    if (!from || index === undefined) return undefined
    this.#disown(index)
    from.declined.add(index)
    // Shown again when its new owner leaves.
    from.refused.add(index)
    from.revoke(index)
    this.#own(taker, index)
    return index
  }

  #free(taker: Taker): void {
    if (taker.isFree) return
    taker.isFree = true
    taker.showAll()
  }

  #leave(taker: Taker): void {
    if (!this.#takers.delete(taker) || this.isOver) return
    this.#returnOf([...taker.own])
    // What it alone was sent may have gone with it.
    const lost = [...taker.got].filter((index) => !this.#lost.has(index))
    for (const index of lost) this.#lost.add(index)
    if (lost.length > 0) for (const other of this.#takers) other.show(lost)
  }

  #give(taker: Taker): number[] {
    const more: number[] = []
    while (taker.own.size < taker.most) {
      const at = this.#pick(taker)
      if (at === undefined) break
      more.push(this.#take(taker, at))
    }
    return more
  }

  /** Where in `#hidden` a block is that a taker has not declined. */
  #pick(taker: Taker): number | undefined {
    const { length } = this.#hidden
    if (length === 0) return undefined
    const from = randomInt(this.#random, length)
    for (let i = 0; i < length; i++) {
      const at = (from + i) % length
      if (!taker.declined.has(this.#hidden[at]!)) return at
    }
    return undefined
  }

  #take(taker: Taker, at: number): number {
    const index = this.#takeOut(at)
    this.#own(taker, index)
    return index
  }

  #own(taker: Taker, index: number): void {
    taker.own.add(index)
    this.#ownerOf.set(index, taker)
  }

  #disown(index: number): void {
    const owner = this.#ownerOf.get(index)
    this.#ownerOf.delete(index)
    owner?.own.delete(index)
    owner?.asked.delete(index)
    owner?.begun.delete(index)
  }

  #takeOut(at: number): number {
    const index = this.#hidden[at]!
    const last = this.#hidden.pop()!
    if (at < this.#hidden.length) this.#hidden[at] = last
    return index
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
