import { every } from '../base/clock.ts'
import { ShoalError, toShoalError } from '../base/errors.ts'
import { abortable, linkSignals } from '../base/signals.ts'
import { isPeerId } from '../link/peer-id.ts'
import type { DownloadOrder } from '../storage/download-store.ts'
import { Asking } from './asking.ts'
import type { Bitmap } from './bitmap.ts'
import type { ReceivedBlock } from './block-receiver.ts'
import type { BudgetShare } from './budget.ts'
import { Candidates } from './candidates.ts'
import type { TransferContext } from './context.ts'
import { DEFAULT_ENDGAME, PATIENT_ENDGAME } from './endgame.ts'
import type { FetchSink } from './fetch-sink.ts'
import type { FetchTarget } from './fetch-target.ts'
import { isLanAddress } from './limits/lan.ts'
import type { MirrorList } from './mirror/mirror-list.ts'
import { mirrorProvider } from './mirror/mirror-url.ts'
import type { PeerClient, Provider } from './ports.ts'
import { type ProviderFeed, patienceMs } from './provider-feed.ts'
import { Scheduler } from './scheduler.ts'
import { Source } from './source.ts'
import { endingOf, SourceFault } from './source-fault.ts'

export interface FetchSetup {
  readonly context: TransferContext
  readonly target: FetchTarget
  readonly sink: FetchSink
  /** Where providers come from. */
  readonly feeds: readonly ProviderFeed[]
  /** Of the download. */
  readonly mirrors: MirrorList
  /** Of the file in the folder that is downloaded; undefined when the file is the download. */
  readonly mirrorPath?: string | undefined
  /** In which order to ask for blocks; may change meanwhile. */
  readonly order: () => DownloadOrder
  /** Nobody waits for it: blocks are asked of a second source only when the first one has as good as gone; may change meanwhile. Default: never. */
  readonly isPatient?: () => boolean
  /** A verified block was given to the sink. */
  readonly onBlock: (peerId: string, bytes: number, index: number) => void
  /** Fetches what is {@link FileFetch.urgent} and nothing else, until the signal ends. Default: false, all that is missing. */
  readonly onDemand?: boolean
}

/** Stalls, the endgame and the disk are looked at so often, ms. */
const TICK_MS = 100

/** A source that has not answered for so long does not keep the next one from being tried, ms. */
const SLOW_CONNECT_MS = 1000

/** While nobody serves for so long, though some may be connecting, providers are looked up again, ms. */
const HURRY_AFTER_MS = 500

/** A mirror is not linked to. */
const NO_LINK: Pick<PeerClient, 'road' | 'remoteAddress'> = { remoteAddress: () => undefined }

/** Fetches the missing blocks of one file from all its sources at once. */
export class FileFetch {
  readonly #setup: FetchSetup
  readonly #scheduler: Scheduler
  readonly #candidates: Candidates
  readonly #sources = new Map<string, Source>()
  readonly #asking: Asking
  readonly #startedMs = new Map<Source, number>()
  readonly #streams = new Set<Promise<void>>()
  readonly #complete = Promise.withResolvers<void>()
  #share: BudgetShare | undefined
  /** False while nothing is wanted on demand. */
  #wants: boolean
  #signal: AbortSignal | undefined
  #lastTickMs = 0
  #lastSourceMs = 0

  constructor(setup: FetchSetup) {
    const { context, target, sink } = setup
    this.#setup = setup
    this.#wants = !setup.onDemand
    this.#candidates = new Candidates(context.options, context.random, context.health)
    this.#scheduler = new Scheduler({
      blockCount: target.blockCount,
      sizeOf: target.plannedSizeOf,
      have: sink.has,
      random: context.random,
      order: setup.order,
      endgame: () => (setup.isPatient?.() ? PATIENT_ENDGAME : DEFAULT_ENDGAME),
      onDemand: setup.onDemand ?? false,
      isBegun: (id, index) => this.#sources.get(id)?.isBegun(index) ?? false,
      leftOf: (index) => sink.coming?.from(index) ?? target.plannedSizeOf(index),
      isResumable: (index) => this.#asking.isResumable(index),
    })
    this.#asking = new Asking({
      ...setup,
      scheduler: this.#scheduler,
      sources: this.#sources,
      share: () => (this.#signal?.aborted ? undefined : this.#share),
    })
  }

  get sources(): Iterable<Source> {
    return this.#sources.values()
  }

  /** Who is asked for each block that is asked for, by PeerId. */
  get asked(): ReadonlyMap<number, ReadonlySet<string>> {
    return this.#scheduler.asked
  }

  dropped(): { peerId: string; reason: string }[] {
    return this.#candidates.dropped().filter(({ peerId }) => !this.#sources.has(peerId))
  }

  /** These blocks go before all others, in this order; replaces what was said before. On demand, what was urgent and is not any more is taken back. */
  urgent(indices: readonly number[]): void {
    this.#scheduler.urgent(indices)
    if (this.#setup.onDemand) {
      this.#wants = indices.length > 0
      this.#joinOrLeave()
      const wanted = new Set(indices)
      for (const [id, unwanted] of this.#scheduler.withdraw((index) => wanted.has(index)))
        this.#sources.get(id)?.cancel(unwanted)
    }
    if (this.#signal) this.#asking.pumpAll()
  }

  /** The sink does not have a block any more that it had. */
  forget(index: number): void {
    this.#scheduler.forget(index)
  }

  /**
   * Resolves when every block is verified and given to the sink.
   *
   * @throws NO_PROVIDERS after the time in the options; what the disk said; the signal's reason
   */
  async run(signal: AbortSignal): Promise<void> {
    if (this.#scheduler.isDone) return
    const { context, feeds, mirrors, sink } = this.#setup
    using linked = linkSignals(signal)
    this.#signal = linked.signal
    this.#joinOrLeave()
    this.#lastTickMs = this.#lastSourceMs = context.clock.monotonic()
    const offs = feeds.map((feed) => feed.found.on((provider) => this.#offer(provider)))
    offs.push(mirrors.added.on((url) => this.#offerMirror(url)))
    const tick = every(context.clock, TICK_MS, () => this.#tick())
    try {
      for (const url of mirrors.urls) this.#offerMirror(url)
      for (const feed of feeds) for (const provider of feed.known) this.#candidates.offer(provider)
      this.#connectMore()
      await abortable(Promise.race([this.#complete.promise, sink.failed]), signal)
    } finally {
      tick.cancel()
      for (const off of offs) off()
      linked.abort()
      await Promise.allSettled(this.#streams)
      this.#share?.leave()
    }
  }

  /** Whoever wants nothing takes no part of the budget. */
  #joinOrLeave(): void {
    if (!this.#signal || this.#signal.aborted) return
    if (this.#wants) this.#share ??= this.#setup.context.budget.join()
    else {
      this.#share?.leave()
      this.#share = undefined
    }
  }

  #offer(provider: Provider): void {
    if (this.#candidates.offer(provider)) this.#connectMore()
  }

  #offerMirror(url: string): void {
    const { mirrorPath, target } = this.#setup
    const provider = mirrorProvider(url, mirrorPath, target.layout?.sizeBytes)
    if (provider) this.#offer(provider)
  }

  /** Opens streams to more providers, as far as more could be of use. */
  #connectMore(): void {
    const { clock, options } = this.#setup.context
    const nowMs = clock.monotonic()
    let busy = 0
    for (const source of this.#sources.values()) {
      const fresh = nowMs - this.#startedMs.get(source)! < SLOW_CONNECT_MS
      if (source.state.kind === 'active' || (source.state.kind === 'connecting' && fresh)) busy++
    }
    const missing = this.#setup.target.blockCount - this.#scheduler.have.count
    const wanted = Math.min(options.maxSources, missing) - busy
    const places = 2 * options.maxSources - this.#sources.size
    for (const provider of this.#candidates.take(Math.min(wanted, places), nowMs)) this.#open(provider)
  }

  #open(provider: Provider): void {
    const { context, target } = this.#setup
    const id = provider.peerId
    const source = new Source({
      provider,
      client: provider.mirror ? NO_LINK : context.connect(provider),
      channels: context.channels,
      memory: context.memory,
      coming: this.#setup.sink.coming,
      cid: target.cid,
      blockCount: target.blockCount,
      sizeOf: target.sizeOf,
      clock: context.clock,
      options: context.options,
      listener: {
        opened: (has) => this.#opened(source, has),
        waiting: () => this.#waiting(source),
        have: (indices) => {
          this.#scheduler.addBlocks(id, indices)
          this.#asking.pump(source)
        },
        takers: (peers) => {
          this.#asking.becomesShared()
          for (const { peerId, name, addresses } of peers)
            if (isPeerId(peerId)) this.#offer({ peerId, name, addresses })
        },
        missing: (indices) => {
          for (const index of indices) this.#scheduler.missing(id, index)
          this.#asking.pumpAll()
        },
        late: (index) => {
          this.#scheduler.giveUp(id, index)
          this.#asking.pumpAll()
        },
        block: (block) => this.#block(source, block),
      },
    })
    this.#sources.set(id, source)
    this.#startedMs.set(source, context.clock.monotonic())
    const stream = source.run(this.#signal!).catch((error: unknown) => this.#ended(source, error))
    this.#streams.add(stream)
    void stream.finally(() => this.#streams.delete(stream))
  }

  #opened(source: Source, has: Bitmap | undefined): void {
    this.#setup.context.health.reached(source.provider.peerId)
    this.#scheduler.addSource(source.provider.peerId, has)
    this.#asking.pump(source)
  }

  #waiting(source: Source): void {
    source.cancel(this.#scheduler.release(source.provider.peerId))
    this.#scheduler.removeSource(source.provider.peerId)
    this.#asking.pumpAll()
    this.#connectMore()
  }

  #block(source: Source, { index, bytes }: ReceivedBlock): void {
    const { context, sink } = this.#setup
    const id = source.provider.peerId
    this.#scheduler.delivered(id, index)
    if (this.#scheduler.have.has(index)) {
      context.memory.give(bytes)
      this.#settle(source, index)
    } else {
      const { length } = bytes
      const storing = sink.store(index, bytes).then(
        (isRight) => this.#stored(source, index, { length, isRight }),
        // The sink tells everybody that it failed.
        () => {},
      )
      this.#streams.add(storing)
      void storing.finally(() => this.#streams.delete(storing))
    }
    this.#asking.pump(source)
  }

  #stored(source: Source, index: number, { length, isRight }: { length: number; isRight: boolean }): void {
    const { context, sink, onBlock } = this.#setup
    const { peerId } = source.provider
    if (!isRight) {
      sink.coming?.forget(index)
      this.#scheduler.rejected(index)
      source.end(new SourceFault('BAD_BLOCK', `wrong bytes in block ${index}`))
      this.#asking.pumpAll()
      return
    }
    this.#asking.settled(index)
    if (!this.#scheduler.have.has(index)) {
      this.#candidates.proved(peerId)
      context.tally.verified(length, 1, isLanAddress(source.address))
      sink.stored(index, length, peerId)
      onBlock(peerId, length, index)
    }
    this.#settle(source, index)
  }

  /** A block is there: nobody else need send it. */
  #settle(source: Source, index: number): void {
    for (const other of this.#scheduler.verified(index)) {
      this.#sources.get(other)?.cancel([index])
      this.#asking.pump(this.#sources.get(other))
    }
    this.#asking.pump(source)
    if (this.#scheduler.isDone) this.#complete.resolve()
  }

  #ended(source: Source, thrown: unknown): void {
    const { context } = this.#setup
    const error = toShoalError(thrown)
    const { peerId, mirror } = source.provider
    const nowMs = context.clock.monotonic()
    const ending = endingOf(error)
    const wasOpen = this.#scheduler.source(peerId) !== undefined
    this.#scheduler.removeSource(peerId)
    this.#noteRate(source)
    this.#sources.delete(peerId)
    this.#startedMs.delete(source)
    this.#candidates.ended(peerId, ending, nowMs)
    if (this.#signal!.aborted) return
    context.tally.ended(error, wasOpen)
    if (ending.kind === 'banned') {
      // The file at a URL is wrong for this download, and may be right for another.
      if (!mirror) context.health.ban(peerId, ending.reason, nowMs)
      context.log.warn({ peerId, reason: ending.reason }, 'source banned')
    } else if (ending.kind === 'failed') {
      if (!wasOpen) context.health.unreachable(peerId, nowMs)
      context.log.debug({ peerId, reason: ending.reason }, 'source dropped for now')
    }
    this.#asking.pumpAll()
    this.#connectMore()
    if (this.#sources.size === 0) this.#hurry()
  }

  #noteRate({ provider, window }: Source): void {
    const rate = window.rateBytesPerSecond
    if (rate !== undefined) this.#setup.context.health.noteRate(provider.peerId, rate)
  }

  #hurry(): void {
    for (const feed of this.#setup.feeds) feed.hurry()
  }

  #tick(): void {
    const { context, sink } = this.#setup
    const { clock, options } = context
    const nowMs = clock.monotonic()
    for (const source of this.#sources.values()) this.#noteRate(source)
    const lateMs = nowMs - this.#lastTickMs - TICK_MS
    this.#lastTickMs = nowMs
    for (const source of this.#sources.values()) {
      // After a pause of the whole process, what was sent meanwhile waits unread: nobody is to blame.
      if (lateMs > TICK_MS) source.excuse(lateMs)
      source.changeRoad()
      const complaint = source.complaint(nowMs)
      if (complaint) source.end(complaint)
      if (source.state.kind === 'active' || source.state.kind === 'waiting') this.#lastSourceMs = nowMs
    }
    this.#asking.pumpAll()
    this.#connectMore()
    if (this.#lastSourceMs === nowMs) return
    if (nowMs - this.#lastSourceMs >= HURRY_AFTER_MS) this.#hurry()
    const { noSourceTimeoutMs, resolveTimeoutMs } = options
    // That nobody else has it says nothing about the mirrors that were named.
    const emptyMs = this.#candidates.hasMirrors ? resolveTimeoutMs : patienceMs(this.#setup.feeds, options)
    const hasData = sink.has.count > 0 || sink.writingBytes > 0
    const limitMs = hasData ? noSourceTimeoutMs : emptyMs
    if (nowMs - this.#lastSourceMs > limitMs) this.#complete.reject(this.#nobody())
  }

  #nobody(): ShoalError {
    const problem = this.#setup.feeds.map((feed) => feed.problem).find((each) => each !== undefined)
    const tried = this.#candidates.size
    const message = tried > 0 ? `None of ${tried} known providers answers.` : 'No provider was found.'
    const mirrors = this.#candidates
      .dropped()
      .filter(({ peerId }) => peerId.startsWith('mirror:'))
      .map(({ peerId, reason }) => `${peerId.replace(':', ' ')}: ${reason}.`)
    return new ShoalError('NO_PROVIDERS', [message, ...mirrors, ...(problem ? [problem] : [])].join(' '))
  }
}
