import type { Timer } from '../../base/clock.ts'
import { type LinkedSignal, linkSignals } from '../../base/signals.ts'
import type { BlockSpan } from '../../content/layout.ts'
import type { TransferContext } from '../context.ts'
import type { FetchTarget } from '../fetch-target.ts'
import { FileFetch } from '../file-fetch.ts'
import { MirrorList } from '../mirror/mirror-list.ts'
import type { BlockCache, CacheShare } from './block-cache.ts'
import type { Feeds } from './feeds.ts'
import { MemorySink } from './memory-sink.ts'
import type { ReaderOptions } from './options.ts'
import { Readers } from './readers.ts'
import { aheadOf, type Wants } from './wants.ts'

export interface SessionSetup {
  readonly context: TransferContext
  readonly target: FetchTarget
  /** Run already; ended with the session. */
  readonly feeds: Feeds
  readonly cache: BlockCache
  readonly options: ReaderOptions
  /** Readers ahead of whom blocks are fetched, of all files. */
  readonly readersInAll: () => number
  /** It ended, by itself or by {@link Session.close}. */
  readonly onEnd: (session: Session) => void
}

/** One file of others that is read, by any number of readers: its sources, connected, and in memory what was read last and what is read next. */
export class Session {
  readonly target: FetchTarget
  readonly #setup: SessionSetup
  readonly #readers: Readers
  readonly #share: CacheShare
  readonly #fetch: FileFetch
  readonly #linked: LinkedSignal = linkSignals()
  readonly #over: Promise<void>
  #wanted: ReadonlySet<number> = new Set()
  #idle: Timer | undefined
  #isEnded = false

  constructor(setup: SessionSetup) {
    const { context, target, feeds, cache } = setup
    this.target = target
    this.#setup = setup
    this.#readers = new Readers((wants) => this.#update(wants))
    this.#share = cache.join({
      isWanted: (index) => this.#wanted.has(index),
      evicted: (index) => this.#fetch.forget(index),
    })
    const sink = new MemorySink({
      ...{ target, memory: context.memory },
      isKept: (index) => this.#share.has(index),
      onBlock: (index, bytes) => {
        if (this.#isEnded) return
        this.#share.put(index, bytes)
        this.#readers.arrived(index, bytes)
      },
    })
    this.#fetch = new FileFetch({
      context: { ...context, options: { ...context.options, maxSources: setup.options.maxSources } },
      ...{ target, sink, feeds: feeds.all, order: () => 'sequential', onBlock: () => {}, onDemand: true },
      // Nobody names servers for what is only read.
      mirrors: new MirrorList([]),
    })
    this.#over = this.#fetch.run(this.#linked.signal).catch((error: unknown) => this.#end(error))
    this.#rest()
  }

  get isIdle(): boolean {
    return this.#readers.isIdle
  }

  /** Readers ahead of whom blocks are fetched. */
  get readerCount(): number {
    return this.#readers.count
  }

  /** Whether these are its look-ups. */
  has(feeds: Feeds): boolean {
    return this.#setup.feeds === feeds
  }

  /** These blocks are read next, in order, by who reads with this signal. */
  begin(span: BlockSpan, signal: AbortSignal): void {
    this.#readers.begin(span, signal)
  }

  /** A block, verified; not to be changed. @throws NO_PROVIDERS; CANCELLED after {@link close}; the signal's reason */
  async read(index: number, signal: AbortSignal): Promise<Uint8Array> {
    return this.#readers.read(index, signal, () => this.#share.get(index))
  }

  /** Lets go of everything. Who waits hears CANCELLED. */
  async close(): Promise<void> {
    this.#linked.abort()
    this.#end(this.#linked.signal.reason)
    await this.#over
    await this.#setup.feeds.close()
  }

  #update(wants: Wants): void {
    if (this.#isEnded) return
    const { options, readersInAll } = this.#setup
    const ahead = aheadOf({ ofFile: wants.readers, inAll: readersInAll() }, options)
    const list = wants.list(ahead)
    this.#wanted = new Set(list)
    const missing = list.filter((index) => !this.#share.has(index))
    for (const index of missing) this.#fetch.forget(index)
    this.#fetch.urgent(missing)
    this.#rest()
  }

  /** Ends it some time after the last reader. */
  #rest(): void {
    const { context, options } = this.#setup
    if (!this.isIdle) {
      this.#idle?.cancel()
      this.#idle = undefined
    } else this.#idle ??= context.clock.schedule(() => void this.close(), options.idleMs)
  }

  #end(error: unknown): void {
    if (this.#isEnded) return
    this.#isEnded = true
    this.#idle?.cancel()
    this.#linked.abort()
    this.#share.leave()
    this.#readers.fail(error)
    this.#setup.onEnd(this)
    void this.#setup.feeds.close()
  }
}
