import { every } from '../../base/clock.ts'
import type { ShoalError } from '../../base/errors.ts'
import { abortable, linkSignals } from '../../base/signals.ts'
import type { BudgetShare } from '../budget.ts'
import { Candidates } from '../candidates.ts'
import type { TransferContext } from '../context.ts'
import { isLanAddress } from '../limits/lan.ts'
import type { FileStat, Provider } from '../ports.ts'
import type { ProviderFeed } from '../provider-feed.ts'
import { endingOf, SourceFault } from '../source-fault.ts'
import type { Slab } from './slab.ts'
import type { SmallFile } from './small-file.ts'
import { SmallQueue } from './small-queue.ts'
import { SmallSource } from './small-source.ts'

/** Small files that were verified and written. */
export interface SmallArrival {
  readonly peerId: string
  readonly files: readonly { readonly file: SmallFile; readonly stat: FileStat }[]
}

export interface SmallFetchSetup {
  readonly context: TransferContext
  readonly files: readonly SmallFile[]
  readonly feed: ProviderFeed
  readonly onArrival: (arrival: SmallArrival) => void
}

/** What did not come this way. */
export interface SmallRest {
  /** Those who serve do not have it, or not as the folder says. */
  readonly refused: SmallFile[]
  /** Nobody serves. */
  readonly unserved: SmallFile[]
}

/** Stalls, late files and half-full memory are looked at so often, ms. */
const TICK_MS = 100

/** A source that has not answered for so long does not keep the next one from being tried, ms. */
const SLOW_CONNECT_MS = 1000

/** While nobody serves for so long, providers are looked up again, ms; then the files go the way of single files, which is patient. */
const HURRY_AFTER_MS = 500
const UNSERVED_MS = 1500

/** A file that a peer was asked for so long ago is given to one that has nothing to do, ms. */
const LATE_MS = 500

/** Pieces of memory that wait for the disk; more is not asked for meanwhile. */
const MAX_WRITING = 16

/** Fetches many small files from all sources at once. */
export class SmallFetch {
  readonly #setup: SmallFetchSetup
  readonly #queue: SmallQueue
  readonly #candidates: Candidates
  readonly #sources = new Map<string, SmallSource>()
  readonly #startedMs = new Map<SmallSource, number>()
  readonly #writes = new Set<Promise<void>>()
  readonly #refused: SmallFile[] = []
  readonly #over = Promise.withResolvers<void>()
  #left: number
  #writingBytes = 0
  #share: BudgetShare | undefined
  #signal: AbortSignal | undefined
  #lastTickMs = 0
  #lastServedMs = 0

  constructor(setup: SmallFetchSetup) {
    const { context, files } = setup
    this.#setup = setup
    this.#queue = new SmallQueue(files)
    this.#left = files.length
    this.#candidates = new Candidates(context.options, context.random, context.health)
  }

  get sources(): Iterable<SmallSource> {
    return this.#sources.values()
  }

  dropped(): { peerId: string; reason: string }[] {
    return this.#candidates.dropped().filter(({ peerId }) => !this.#sources.has(peerId))
  }

  /**
   * Fetches until all is there, or nobody serves.
   *
   * @throws what the disk said; the signal's reason
   */
  async run(signal: AbortSignal): Promise<SmallRest> {
    if (this.#left === 0) return { refused: [], unserved: [] }
    const { context, feed } = this.#setup
    using linked = linkSignals(signal)
    this.#signal = linked.signal
    this.#share = context.budget.join()
    this.#lastTickMs = this.#lastServedMs = context.clock.monotonic()
    const off = feed.found.on((provider) => {
      if (this.#candidates.offer(provider)) this.#connectMore()
    })
    const tick = every(context.clock, TICK_MS, () => this.#tick())
    try {
      for (const provider of feed.known) this.#candidates.offer(provider)
      this.#connectMore()
      await abortable(this.#over.promise, signal)
    } finally {
      tick.cancel()
      off()
      linked.abort()
      for (const source of [...this.#sources.values()]) source.end(cancelled(linked.signal))
      await Promise.allSettled(this.#writes)
      this.#share.leave()
    }
    return { refused: this.#refused, unserved: this.#queue.drain() }
  }

  #connectMore(): void {
    if (this.#signal?.aborted) return
    const { clock, options } = this.#setup.context
    const nowMs = clock.monotonic()
    let busy = 0
    for (const source of this.#sources.values()) {
      const fresh = nowMs - this.#startedMs.get(source)! < SLOW_CONNECT_MS
      if (source.state.kind === 'active' || (source.state.kind === 'connecting' && fresh)) busy++
    }
    const wanted = Math.min(options.maxSources, this.#queue.size) - busy
    const places = 2 * options.maxSources - this.#sources.size
    for (const provider of this.#candidates.take(Math.min(wanted, places), nowMs)) this.#open(provider)
  }

  #open(provider: Provider): void {
    const { context } = this.#setup
    const { channels, memory, clock, options, health } = context
    const { peerId } = provider
    // One file, to see whether the peer serves: the others wait until it does.
    const first = this.#queue.take(peerId)
    if (!first) {
      this.#candidates.ended(peerId, { kind: 'closed' }, clock.monotonic())
      return
    }
    const source = new SmallSource({
      ...{ provider, channels, memory, clock, options, signal: this.#signal! },
      listener: {
        opened: () => {
          health.reached(peerId)
          this.#pump(source)
        },
        settled: () => this.#pump(source),
        refused: (file) => this.#refuse(source, file),
        filled: (slab) => this.#write(source, slab),
        ended: (error, files) => this.#ended(source, error, files),
      },
    })
    this.#sources.set(peerId, source)
    this.#startedMs.set(source, clock.monotonic())
    source.ask([first])
  }

  #refuse(source: SmallSource, file: SmallFile): void {
    if (!this.#queue.refuse(file, source.provider.peerId)) this.#giveUp([file])
    this.#giveUpHopeless()
    this.#pump(source)
  }

  /** What everybody who serves has refused goes another way. */
  #giveUpHopeless(): void {
    this.#giveUp(this.#queue.refusedByAll([...this.#sources.keys()]))
  }

  #giveUp(files: readonly SmallFile[]): void {
    this.#refused.push(...files)
    this.#settle(files.length)
  }

  #settle(count: number): void {
    this.#left -= count
    if (this.#left === 0) this.#over.resolve()
  }

  #write(source: SmallSource, slab: Slab): void {
    const { memory } = this.#setup.context
    const { files, puts } = slab.whole()
    if (files.length === 0) {
      if (slab.isTainted) memory.lose()
      else memory.give(slab.memory)
      return
    }
    this.#writingBytes += slab.usedBytes
    const writing = this.#store(source, files, { slab, puts }).catch((error: unknown) =>
      this.#over.reject(error),
    )
    this.#writes.add(writing)
    void writing.finally(() => {
      this.#writes.delete(writing)
      this.#writingBytes -= slab.usedBytes
      if (slab.isTainted) memory.lose()
      else memory.give(slab.memory)
      this.#pumpAll()
    })
  }

  async #store(
    source: SmallSource,
    files: readonly SmallFile[],
    { slab, puts }: { slab: Slab; puts: ReturnType<Slab['whole']>['puts'] },
  ): Promise<void> {
    const { context, onArrival } = this.#setup
    const { peerId } = source.provider
    const stats = await context.disk.putFiles(slab.memory, puts)
    const arrived: { file: SmallFile; stat: FileStat }[] = []
    for (const [at, file] of files.entries()) {
      const stat = stats[at]
      if (stat) arrived.push({ file, stat })
      else this.#queue.giveBack(file)
    }
    if (arrived.length > 0) {
      this.#candidates.proved(peerId)
      const bytes = arrived.reduce((sum, { stat }) => sum + stat.size, 0)
      context.tally.verified(bytes, arrived.length, isLanAddress(source.address))
      onArrival({ peerId, files: arrived })
    }
    if (arrived.length < files.length) this.#wrong(source, files.length - arrived.length)
    this.#settle(arrived.length)
  }

  #wrong(source: SmallSource, count: number): void {
    const fault = new SourceFault(
      'BAD_BLOCK',
      `wrong bytes in ${count} small ${count === 1 ? 'file' : 'files'}`,
    )
    const current = this.#sources.get(source.provider.peerId)
    if (current) current.end(fault)
    else this.#note(source.provider.peerId, fault, true)
  }

  #ended(source: SmallSource, error: ShoalError, files: readonly SmallFile[]): void {
    const { peerId } = source.provider
    const wasOpen = source.wasOpen
    for (const file of files) this.#queue.giveBack(file)
    this.#sources.delete(peerId)
    this.#startedMs.delete(source)
    if (this.#signal!.aborted) return
    this.#note(peerId, error, wasOpen)
    if (this.#sources.size > 0) this.#giveUpHopeless()
    else this.#setup.feed.hurry()
    this.#pumpAll()
    this.#connectMore()
  }

  #note(peerId: string, error: ShoalError, wasOpen: boolean): void {
    const { context } = this.#setup
    const nowMs = context.clock.monotonic()
    const ending = endingOf(error)
    context.tally.ended(error, wasOpen)
    this.#candidates.ended(peerId, ending, nowMs)
    if (ending.kind === 'banned') {
      context.health.ban(peerId, ending.reason, nowMs)
      context.log.warn({ peerId, reason: ending.reason }, 'source banned')
    } else if (ending.kind === 'failed') {
      if (!wasOpen) context.health.unreachable(peerId, nowMs)
      context.log.debug({ peerId, reason: ending.reason }, 'source dropped for now')
    }
  }

  #tick(): void {
    const { clock } = this.#setup.context
    const nowMs = clock.monotonic()
    const lateMs = nowMs - this.#lastTickMs - TICK_MS
    this.#lastTickMs = nowMs
    for (const source of [...this.#sources.values()]) {
      // After a pause of the whole process, what was sent meanwhile waits unread: nobody is to blame.
      if (lateMs > TICK_MS) source.excuse(lateMs)
      source.flush()
      const complaint = source.complaint(nowMs)
      if (complaint) source.end(complaint)
      if (source.state.kind === 'active' || source.state.kind === 'waiting') this.#lastServedMs = nowMs
    }
    this.#moveLate(nowMs)
    this.#pumpAll()
    this.#connectMore()
    if (this.#lastServedMs === nowMs || this.#writes.size > 0) return
    if (nowMs - this.#lastServedMs >= HURRY_AFTER_MS) this.#setup.feed.hurry()
    if (nowMs - this.#lastServedMs > UNSERVED_MS) this.#over.resolve()
  }

  /** Near the end, who has nothing to do gets what others were asked for long ago. */
  #moveLate(nowMs: number): void {
    if (this.#queue.size > 0) return
    const idle = [...this.#sources.values()].find(
      (each) => each.state.kind === 'active' && each.askedCount === 0,
    )
    if (!idle) return
    let slowest: SmallSource | undefined
    for (const each of this.#sources.values())
      if (each !== idle && each.askedCount > (slowest?.askedCount ?? 0)) slowest = each
    for (const file of slowest?.giveUp(nowMs - LATE_MS) ?? []) this.#queue.giveBack(file)
  }

  #pumpAll(): void {
    for (const source of this.#sources.values()) this.#pump(source)
  }

  #pump(source: SmallSource): void {
    if (!source.wantsMore || this.#signal?.aborted || this.#writes.size >= MAX_WRITING) return
    this.#noteShare()
    const room = source.room
    let bytes = Math.min(this.#share!.room(), room.bytes)
    const files: SmallFile[] = []
    while (files.length < room.files && bytes > 0) {
      const file = this.#queue.take(source.provider.peerId)
      if (!file) break
      bytes -= file.plannedBytes
      files.push(file)
    }
    if (files.length > 0) source.ask(files)
    this.#noteShare()
  }

  #noteShare(): void {
    let bytes = this.#writingBytes
    for (const source of this.#sources.values()) bytes += source.askedBytes
    this.#share!.set(bytes)
  }
}

function cancelled(signal: AbortSignal): ShoalError {
  return signal.reason as ShoalError
}
