import type { Random } from '../base/random.ts'
import { BLOCK_SIZE } from '../content/cid.ts'
import { Bitmap } from './bitmap.ts'
import { DEFAULT_ENDGAME, duplicateFor, type EndgameOptions, waitFor } from './endgame.ts'
import { RarityQueue } from './rarity-queue.ts'

/** What one source is doing, as far as choosing blocks depends on it. */
export interface ScheduledSource {
  readonly id: string
  /** What it has; undefined = everything. */
  has: Bitmap | undefined
  /** Blocks asked for and not delivered, in the order of asking. */
  readonly asked: Set<number>
  /** Bytes of those. */
  askedBytes: number
  /** Measured rate, bytes a second; undefined before there is one. */
  rateBytesPerSecond: number | undefined
  /** Time since its last bytes, or since the first request that is out when there were none, ms. */
  silentMs: number
  /** Nothing that is open can come from it, as long as nothing new is open and it gets nothing new. */
  dry: boolean
}

export interface SchedulerSetup {
  readonly blockCount: number
  /** Bytes of a block. */
  readonly sizeOf: (index: number) => number
  /** Blocks that are had already; not changed. */
  readonly have?: Bitmap
  readonly random: Random
  /** Asked each time. Default: rarest first. */
  readonly order?: () => 'rarest' | 'sequential'
  readonly endgame?: () => EndgameOptions
  /** Asks for nothing but what is urgent, and is never done. Default: false. */
  readonly onDemand?: boolean
  /** Bytes of a block have come from a source that was asked for it. */
  readonly isBegun?: (id: string, index: number) => boolean
  /** Bytes of a block that have not come; default: all. */
  readonly leftOf?: (index: number) => number
  /** Another source can go on with a block where the one that was asked for it stands. Default: none can. */
  readonly isResumable?: (index: number) => boolean
}

/** A request that goes to another source. */
export interface Moved {
  readonly from: string
  readonly index: number
}

/** Urgent blocks may be in flight at a source beyond its window, bytes: its window is full of what is not urgent. */
const URGENT_EXTRA_BYTES = 2 * BLOCK_SIZE

/** A source that is silent for so much longer than is usual for it is not waited for with what is urgent, ms. */
const LATE_MS = 500

/** Most blocks that are urgent at once; further ones are as usual. */
const MAX_URGENT = 1024

/**
 * Decides which block comes from which source next; does nothing itself. Rarest block first, ties by chance, and in order of the file while all
 * sources have everything; each source is kept
 * busy up to the bytes the caller allows it; when nothing is left to ask for, the last blocks are asked for twice
 * where that pays ({@link duplicateFor}).
 *
 * A block is open (nobody asked), asked (of one source, in the endgame of several), delivered (being verified) or had.
 */
export class Scheduler {
  readonly have: Bitmap
  readonly #setup: SchedulerSetup
  readonly #open: RarityQueue
  readonly #sources = new Map<string, ScheduledSource>()
  /** Sources that do not have everything. */
  #partial = 0
  /** Sources asked, by block. */
  readonly #askedOf = new Map<number, Set<string>>()
  /** Somebody waits for these, for the first one most. */
  #urgent: readonly number[] = []
  /** Deliveries being verified, by block: two sources may deliver the same one in the endgame. */
  readonly #delivered = new Map<number, number>()
  #moved: Moved[] = []

  constructor(setup: SchedulerSetup) {
    this.#setup = setup
    this.have = setup.have?.copy() ?? new Bitmap(setup.blockCount)
    this.#open = new RarityQueue(setup.blockCount)
    for (let index = 0; index < setup.blockCount; index++) if (!this.have.has(index)) this.#open.add(index)
  }

  get isDone(): boolean {
    return !this.#setup.onDemand && this.have.isFull
  }

  /** Somebody waits for blocks that are not there. */
  get hasUrgent(): boolean {
    return this.#urgent.length > 0
  }

  /** Blocks that nobody has been asked for. */
  get openCount(): number {
    return this.#open.size
  }

  /** Who is asked for each block that is asked for. */
  get asked(): ReadonlyMap<number, ReadonlySet<string>> {
    return this.#askedOf
  }

  source(id: string): ScheduledSource | undefined {
    return this.#sources.get(id)
  }

  /** A source is ready. @param has what it has, taken over; undefined = everything */
  addSource(id: string, has?: Bitmap): void {
    this.removeSource(id)
    this.#sources.set(id, {
      id,
      has,
      asked: new Set(),
      askedBytes: 0,
      rateBytesPerSecond: undefined,
      silentMs: 0,
      dry: false,
    })
    if (has) this.#partial++
    if (has) for (const index of has.indices()) this.#open.change(index, 1)
  }

  /** A source is gone; what it was asked for is open again. */
  removeSource(id: string): void {
    const source = this.#sources.get(id)
    if (!source) return
    this.release(id)
    if (source.has) this.#partial--
    if (source.has) for (const index of source.has.indices()) this.#open.change(index, -1)
    this.#sources.delete(id)
  }

  /** Everything a source was asked for is open again; it stays. @returns what it was asked for */
  release(id: string): number[] {
    const source = this.#sources.get(id)
    if (!source) return []
    const asked = [...source.asked]
    for (const index of asked) {
      this.#unask(source, index)
      this.#reopen(index)
    }
    return asked
  }

  /** A partial source has more blocks. Unknown indices and those it had are ignored. */
  addBlocks(id: string, indices: Iterable<number>): void {
    const source = this.#sources.get(id)
    if (!source?.has) return
    source.dry = false
    for (const index of indices) if (source.has.add(index)) this.#open.change(index, 1)
  }

  /** A source cannot give a block: it is open again and that source is not asked for it any more. */
  missing(id: string, index: number): void {
    const source = this.#sources.get(id)
    if (!source) return
    if (!source.has) {
      source.has = Bitmap.full(this.#setup.blockCount)
      this.#partial++
      for (const each of source.has.indices()) this.#open.change(each, 1)
    }
    if (source.has.delete(index)) this.#open.change(index, -1)
    if (source.asked.has(index)) {
      this.#unask(source, index)
      this.#reopen(index)
    }
  }

  /** A source does not send a block that it was asked for: it is open again. */
  giveUp(id: string, index: number): void {
    const source = this.#sources.get(id)
    if (!source?.asked.has(index)) return
    this.#unask(source, index)
    this.#reopen(index)
  }

  /**
   * Blocks to ask the source for now, in order; they count as asked. At least one block is in flight as long as there is any room,
   * however large the block.
   *
   * @param windowBytes most bytes in flight at this source
   * @param budgetBytes bytes that may still be asked for over all
   */
  next(id: string, windowBytes: number, budgetBytes: number): number[] {
    const source = this.#sources.get(id)
    const chosen: number[] = []
    if (!source) return chosen
    let budget = budgetBytes
    while (source.askedBytes < windowBytes) {
      const index = this.#choose(source) ?? this.#moveTo(source)
      if (index === undefined) break
      const size = this.#setup.sizeOf(index)
      if (size > budget || (source.askedBytes > 0 && source.askedBytes + size > windowBytes)) {
        // One that was taken from another source for this one is nobody's now.
        this.#reopen(index)
        break
      }
      budget -= size
      this.#ask(source, index)
      chosen.push(index)
    }
    return chosen
  }

  /** These blocks go before all others, in this order; replaces what was said before. Those that are had, and those that do not exist, are ignored. */
  urgent(indices: readonly number[]): void {
    const { blockCount } = this.#setup
    const exists = (index: number) => Number.isInteger(index) && index >= 0 && index < blockCount
    this.#urgent = indices.filter((index) => exists(index) && !this.have.has(index)).slice(0, MAX_URGENT)
  }

  /**
   * Like {@link next}, of what is urgent alone: each block from the source that should deliver it soonest, or one hardly later; of a second source
   * where the first takes too long. For one whose source has fallen silent, this one leaves what it has not begun ({@link takeMoved}).
   */
  nextUrgent(id: string, windowBytes: number, budgetBytes: number): number[] {
    const source = this.#sources.get(id)
    const chosen: number[] = []
    if (!source || this.#urgent.length === 0) return chosen
    this.#makeWay(source)
    const mostBytes = Math.max(windowBytes + URGENT_EXTRA_BYTES, BLOCK_SIZE)
    let budget = budgetBytes
    for (;;) {
      const index = this.#chooseUrgent(source)
      if (index === undefined) return chosen
      const size = this.#setup.sizeOf(index)
      if (size > budget || (source.askedBytes > 0 && source.askedBytes + size > mostBytes)) {
        this.#reopen(index)
        return chosen
      }
      budget -= size
      this.#ask(source, index)
      chosen.push(index)
    }
  }

  /** A block that was had is not there any more: it is open again. */
  forget(index: number): void {
    if (this.have.delete(index)) this.#reopen(index)
  }

  /** What was asked for and nobody wants any more is open again. @returns the requests to cancel, by source */
  withdraw(isWanted: (index: number) => boolean): Map<string, number[]> {
    const withdrawn = new Map<string, number[]>()
    for (const [index, of] of this.#askedOf) {
      if (isWanted(index)) continue
      for (const id of [...of]) {
        this.#unask(this.#sources.get(id)!, index)
        withdrawn.set(id, [...(withdrawn.get(id) ?? []), index])
      }
      this.#reopen(index)
    }
    return withdrawn
  }

  /** Requests that {@link next} and {@link nextUrgent} gave to others since this was called last: to be taken back where they were, before anything is asked for. */
  takeMoved(): Moved[] {
    const moved = this.#moved
    this.#moved = []
    return moved
  }

  /** A source delivered a block, which is now being verified. */
  delivered(id: string, index: number): void {
    const source = this.#sources.get(id)
    if (source) this.#unask(source, index)
    this.#open.remove(index)
    this.#delivered.set(index, (this.#delivered.get(index) ?? 0) + 1)
  }

  /** A delivered block was right. @returns other sources that were asked for it: the requests to cancel */
  verified(index: number): string[] {
    this.#settle(index)
    this.have.add(index)
    this.#open.remove(index)
    if (this.#urgent.includes(index)) this.#urgent = this.#urgent.filter((each) => each !== index)
    const others = [...(this.#askedOf.get(index) ?? [])]
    for (const id of others) this.#unask(this.#sources.get(id)!, index)
    return others
  }

  /** A delivered block was wrong: it is open again. */
  rejected(index: number): void {
    this.#settle(index)
    this.#reopen(index)
  }

  #chooseUrgent(source: ScheduledSource): number | undefined {
    const asked = new Map<number, ReadonlySet<string>>()
    for (const index of this.#urgent) {
      const of = this.#askedOf.get(index)
      if (of && this.#isOverdue(index, source)) return index
      if (of) asked.set(index, of)
      else if (this.#open.has(index) && this.#isSoon(source, index)) return index
    }
    return asked.size > 0 ? this.#duplicateOf(source, asked) : undefined
  }

  /** Whether a block was asked only of sources that have fallen silent, and this source, which has not, can be asked. */
  #isOverdue(index: number, source: ScheduledSource): boolean {
    const of = this.#askedOf.get(index)
    const isLate = ({ silentMs }: ScheduledSource) => silentMs >= LATE_MS
    if (!of || of.has(source.id) || isLate(source) || (source.has && !source.has.has(index))) return false
    return [...of].every((id) => isLate(this.#sources.get(id)!))
  }

  /**
   * Takes back what a source has not begun, when something more urgent is overdue elsewhere, or the most urgent block is nobody's and would be here soonest
   * that way, as when its source is gone: that goes first, and the rest can be asked for again.
   */
  #makeWay(source: ScheduledSource): void {
    const { isBegun, sizeOf } = this.#setup
    const [first] = this.#urgent
    if (!isBegun || first === undefined) return
    const waiting = [...source.asked].filter((index) => !isBegun(source.id, index))
    const begunBytes = source.askedBytes - waiting.reduce((sum, index) => sum + sizeOf(index), 0)
    const isFirst = this.#open.has(first) && this.#isSoon(source, first, begunBytes)
    const place = isFirst ? 0 : this.#urgent.findIndex((index) => this.#isOverdue(index, source))
    if (place < 0) return
    const before = new Set(this.#urgent.slice(0, place))
    for (const index of waiting) {
      if (before.has(index)) continue
      this.#unask(source, index)
      this.#reopen(index)
      this.#moved.push({ from: source.id, index })
    }
  }

  /** Whether no other source would deliver an open block much sooner. @param askedBytes what this source sends before */
  #isSoon(source: ScheduledSource, index: number, askedBytes = source.askedBytes): boolean {
    const hasIt = ({ has }: ScheduledSource) => !has || has.has(index)
    if (!hasIt(source)) return false
    const options = this.#setup.endgame?.() ?? DEFAULT_ENDGAME
    const leftBytes = (this.#setup.leftOf ?? this.#setup.sizeOf)(index)
    const waitMs = (each: ScheduledSource) => waitFor(each, leftBytes, options)
    let leastMs = Number.POSITIVE_INFINITY
    for (const each of this.#sources.values()) if (hasIt(each)) leastMs = Math.min(leastMs, waitMs(each))
    return waitMs({ ...source, askedBytes }) <= leastMs * 1.5 + options.leastGainMs
  }

  #choose(source: ScheduledSource): number | undefined {
    if (this.#setup.onDemand) return undefined
    const has = source.has
    if (this.#open.size > 0) {
      if (source.dry) return undefined
      const wanted = has ? (each: number) => has.has(each) : () => true
      // While everybody has everything, order helps nobody but the disk, and whoever reads along.
      const inOrder = this.#partial === 0 || this.#setup.order?.() === 'sequential'
      const index = inOrder ? this.#open.first(wanted) : this.#open.pick(this.#setup.random, wanted)
      source.dry = index === undefined
      return index
    }
    return this.#duplicateOf(source, this.#askedOf)
  }

  #duplicateOf(
    source: ScheduledSource,
    candidates: ReadonlyMap<number, ReadonlySet<string>>,
  ): number | undefined {
    const { leftOf, sizeOf, endgame, isResumable } = this.#setup
    const index = duplicateFor(source, {
      candidates,
      sources: this.#sources,
      leftOf: leftOf ?? sizeOf,
      options: endgame?.() ?? DEFAULT_ENDGAME,
    })
    if (index !== undefined && isResumable?.(index)) {
      for (const id of [...(this.#askedOf.get(index) ?? [])]) this.#move(this.#sources.get(id)!, index)
    }
    return index
  }

  /** A request is taken from a source, for another. */
  #move(from: ScheduledSource, index: number): void {
    this.#unask(from, index)
    this.#moved.push({ from: from.id, index })
  }

  /**
   * A block for a source that would have nothing to do: one that another was asked for besides others and has not begun to send, of the one that was asked for
   * most. Costs nothing, and no uplink is idle while another has a queue.
   */
  #moveTo(source: ScheduledSource): number | undefined {
    const { isBegun } = this.#setup
    if (!isBegun || this.#setup.onDemand || source.asked.size > 0) return undefined
    if (!(this.#setup.endgame?.() ?? DEFAULT_ENDGAME).moves) return undefined
    let best: { from: ScheduledSource; index: number } | undefined
    for (const [index, holders] of this.#askedOf) {
      // What is urgent stays where it is expected soonest.
      if (this.#urgent.includes(index)) continue
      if (holders.size !== 1 || (source.has && !source.has.has(index))) continue
      const [id] = holders
      const from = this.#sources.get(id!)!
      // From one that has nothing else to do it would only go round.
      if (from.asked.size < 2 || isBegun(from.id, index)) continue
      if (!best || from.asked.size >= best.from.asked.size) best = { from, index }
    }
    if (!best) return undefined
    this.#move(best.from, best.index)
    return best.index
  }

  #ask(source: ScheduledSource, index: number): void {
    this.#open.remove(index)
    source.asked.add(index)
    source.askedBytes += this.#setup.sizeOf(index)
    const of = this.#askedOf.get(index)
    if (of) of.add(source.id)
    else this.#askedOf.set(index, new Set([source.id]))
  }

  #unask(source: ScheduledSource, index: number): void {
    if (!source.asked.delete(index)) return
    source.askedBytes -= this.#setup.sizeOf(index)
    const of = this.#askedOf.get(index)
    of?.delete(source.id)
    if (of?.size === 0) this.#askedOf.delete(index)
  }

  #settle(index: number): void {
    const left = (this.#delivered.get(index) ?? 1) - 1
    if (left > 0) this.#delivered.set(index, left)
    else this.#delivered.delete(index)
  }

  #reopen(index: number): void {
    if (this.have.has(index) || this.#askedOf.has(index) || this.#delivered.has(index)) return
    this.#open.add(index)
    for (const source of this.#sources.values()) source.dry = false
  }
}
