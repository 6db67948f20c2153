import { MIB } from '../base/units.ts'
import { PART_BYTES } from '../content/block-chain.ts'
import { BLOCK_SIZE } from '../content/cid.ts'
import type { DownloadOrder } from '../storage/download-store.ts'
import type { BudgetShare } from './budget.ts'
import type { TransferContext } from './context.ts'
import type { FetchSink } from './fetch-sink.ts'
import type { FetchTarget } from './fetch-target.ts'
import { isLoopback } from './limits/lan.ts'
import type { Scheduler } from './scheduler.ts'
import type { Source } from './source.ts'

/** Faster than this a block is whole so soon that its parts need not be passed on, and verifying them would cost too much, bytes a second. */
const PARTS_BELOW_BYTES_PER_SECOND = 8 * MIB

/** The same while nobody else is known to fetch the file: others may come. */
const ALONE_BELOW_BYTES_PER_SECOND = MIB

/** Who shares a file for so long has a rate that can be measured, ms. */
const MEASURED_MS = 1000

/** What comes in all may be so many times what came in the last seconds: sources that were waited for may be faster together than they were. */
const HEADROOM = 2

/** A whole block of which less has come is asked for anew, in parts, when others turn out to fetch the file, bytes. */
const HARDLY_BEGUN_BYTES = BLOCK_SIZE / 8

export interface AskingSetup {
  readonly context: TransferContext
  readonly target: FetchTarget
  readonly sink: FetchSink
  readonly scheduler: Scheduler
  /** By PeerId. */
  readonly sources: ReadonlyMap<string, Source>
  /** In which order to ask for blocks; may change meanwhile. */
  readonly order: () => DownloadOrder
  /** What may be in flight; undefined: nothing. */
  readonly share: () => BudgetShare | undefined
}

/** Keeps the sources of a fetch busy: asks each for as much as it should have in flight, as whole blocks or in parts. */
export class Asking {
  readonly #setup: AskingSetup
  /** Asked for in parts and not verified as a whole. */
  readonly #inParts = new Set<number>()
  /** Since when others are known to fetch the file, too. */
  #sharedSinceMs: number | undefined

  constructor(setup: AskingSetup) {
    this.#setup = setup
  }

  /** Another source can go on with a block where the one that was asked for it stands. */
  readonly isResumable = (index: number): boolean => this.#inParts.has(index)

  /** A block is verified. */
  settled(index: number): void {
    this.#inParts.delete(index)
  }

  /** Others fetch the file, too: what has hardly begun to come is asked for anew, in parts. */
  becomesShared(): void {
    if (this.#sharedSinceMs !== undefined) return
    this.#sharedSinceMs = this.#setup.context.clock.monotonic()
    for (const source of this.#setup.sources.values()) {
      const indices = source.hardlyBegun(HARDLY_BEGUN_BYTES)
      source.cancel(indices)
      this.#ask(source, indices)
    }
  }

  pumpAll(): void {
    for (const source of this.#setup.sources.values()) this.pump(source)
  }

  /** Asks a source for as much as it should have in flight. */
  pump(source: Source | undefined): void {
    if (!source?.isOpen) return
    const { scheduler, sources, sink, order } = this.#setup
    const id = source.provider.peerId
    // In the endgame, and where somebody waits, each one's speed decides what the others do.
    const isCompared = scheduler.openCount === 0 || scheduler.hasUrgent
    this.#measure(isCompared ? sources.values() : [source])
    this.#noteShare()
    const share = this.#setup.share()
    if (!share || sink.isBehind) return
    if (scheduler.hasUrgent || order() === 'sequential') source.showAll()
    const { windowBytes } = source.window
    this.#ask(source, scheduler.nextUrgent(id, windowBytes, share.room()))
    this.#noteShare()
    const askedBytes = scheduler.source(id)?.askedBytes ?? 0
    if (askedBytes > source.window.askBelowBytes) return
    this.#ask(source, scheduler.next(id, windowBytes, share.room()))
    this.#noteShare()
  }

  #measure(sources: Iterable<Source>): void {
    const nowMs = this.#setup.context.clock.monotonic()
    for (const source of sources) {
      const scheduled = this.#setup.scheduler.source(source.provider.peerId)
      if (!scheduled) continue
      scheduled.rateBytesPerSecond = source.yieldBytesPerSecond
      scheduled.silentMs = source.overdueMs(nowMs)
    }
  }

  #ask(source: Source, indices: readonly number[]): void {
    const { scheduler, sources, sink, target } = this.#setup
    for (const { from, index } of scheduler.takeMoved()) sources.get(from)?.cancel([index])
    const { coming } = sink
    if (!coming || source.provider.mirror) {
      source.want(indices)
      return
    }
    const isSlow = indices.length > 0 && this.#isSlow()
    const whole: number[] = []
    for (const index of indices) {
      const size = target.plannedSizeOf(index)
      const begins = isSlow && coming.hasRoom && size > PART_BYTES
      const end = coming.from(index) ?? (begins ? size : undefined)
      if (end === undefined) whole.push(index)
      else {
        this.#inParts.add(index)
        source.wantParts(index, end)
      }
    }
    source.want(whole)
  }

  /** Blocks are long on their way, and others may wait for them: they are passed on in parts. */
  #isSlow(): boolean {
    const { context, target, sources } = this.#setup
    if (!target.layout || target.blockCount < 2) return false
    const nowMs = context.clock.monotonic()
    let rate = 0
    let measured = 0
    for (const source of sources.values()) {
      const known = source.window.rateBytesPerSecond ?? context.health.rateOf(source.provider.peerId)
      // What comes from this machine is taken for fast.
      rate += known ?? (isLoopback(source.address) ? PARTS_BELOW_BYTES_PER_SECOND : 0)
      measured += source.meter.rateBytesPerSecond(nowMs)
    }
    if (this.#sharedSinceMs === undefined) return rate < ALONE_BELOW_BYTES_PER_SECOND
    // Many sources that take turns on one downlink have each been as fast as all of it.
    if (nowMs - this.#sharedSinceMs > MEASURED_MS) rate = Math.min(rate, HEADROOM * measured)
    return rate < PARTS_BELOW_BYTES_PER_SECOND
  }

  #noteShare(): void {
    const { scheduler, sources, sink } = this.#setup
    let bytes = sink.writingBytes
    for (const { provider } of sources.values()) bytes += scheduler.source(provider.peerId)?.askedBytes ?? 0
    this.#setup.share()?.set(bytes)
  }
}
