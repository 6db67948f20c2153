import type { Clock, Timer } from '../base/clock.ts'
import { ShoalError, toShoalError } from '../base/errors.ts'
import type { Logger } from '../base/log.ts'
import { abortable, linkSignals, withDeadline } from '../base/signals.ts'
import { FairQueue } from './fair-queue.ts'
import type { GuestRecord, Guests } from './guest-book.ts'
import { checkedBytes } from './guest-bytes.ts'

/** A file that was fetched, and is shared. */
export interface KeptFile {
  /** Its real one. */
  readonly cid: string
  /** Absolute. */
  readonly path: string
  readonly sizeBytes: number
}

/** Where fetched files go. The node implements this. */
export interface GuestKeeper {
  /** Bytes that there is room for beside what is kept and what comes in. */
  room(): number
  /** Writes a file under a name like this one and shares it. What is there already with the same content is that file. */
  keep(name: string, body: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<KeptFile>
  /** Withdraws and deletes it, if it is still what was written. */
  drop(file: KeptFile): Promise<void>
}

export interface GuestFetcherOptions {
  /** From the registration to the first try, ms. Default 1,000: several peers register before they listen. */
  readonly firstMs: number
  /** Each gap between two tries is so many times the one before. Default 5. */
  readonly growth: number
  /** Default 5. */
  readonly maxTries: number
  /** Fetched at once, each of another owner. Default 2. */
  readonly maxAtOnce: number
  /** One fetch takes no longer than this, ms. Default 120,000. */
  readonly timeoutMs: number
}

export const DEFAULT_GUEST_FETCHER_OPTIONS: GuestFetcherOptions = {
  firstMs: 1000,
  growth: 5,
  maxTries: 5,
  maxAtOnce: 2,
  timeoutMs: 120_000,
}

export interface GuestFetcherSetup {
  readonly guests: Guests
  readonly keeper: GuestKeeper
  readonly clock: Clock
  readonly log: Logger
  readonly options?: Partial<GuestFetcherOptions>
}

/** How far a file is. `failed`: it was tried as often as it will be, unless somebody asks for it. */
type State =
  | { readonly type: 'waiting'; readonly tries: number; readonly timer: Timer }
  | { readonly type: 'due'; readonly tries: number }
  | { readonly type: 'fetching'; readonly kept: Promise<KeptFile>; abort(): void }
  | { readonly type: 'kept'; readonly file: KeptFile }
  | { readonly type: 'failed' }

/** Fetches what clients of dialects register, so that it is there for everybody, and lets go of it when they do. */
export class GuestFetcher {
  readonly #setup: GuestFetcherSetup
  readonly #options: GuestFetcherOptions
  readonly #states = new Map<string, State>()
  readonly #queue = new FairQueue()
  readonly #busyOwners = new Set<string>()
  readonly #records = new Map<string, GuestRecord>()
  /** Keys by path: two may have the same content under the same name. */
  readonly #holders = new Map<string, Set<string>>()
  readonly #dropping = new Set<Promise<void>>()
  readonly #stopping = new AbortController()
  #unlisten = () => {}

  constructor(setup: GuestFetcherSetup) {
    this.#setup = setup
    this.#options = { ...DEFAULT_GUEST_FETCHER_OPTIONS, ...setup.options }
  }

  start(): void {
    this.#unlisten = this.#setup.guests.changes.on(({ type, record }) => {
      if (type === 'removed') this.#forget(record.key)
      else if (record.file.fetch) this.#note(record)
    })
  }

  /** What is kept stays where it is. */
  async stop(): Promise<void> {
    this.#unlisten()
    this.#stopping.abort(new ShoalError('CANCELLED', 'The node is stopping.'))
    const running: Promise<unknown>[] = [...this.#dropping]
    for (const state of this.#states.values()) {
      if (state.type === 'waiting') state.timer.cancel()
      if (state.type === 'fetching') running.push(state.kept)
    }
    await Promise.allSettled(running)
  }

  /** The file as it is shared; undefined when it is not (yet). */
  kept({ key }: GuestRecord): KeptFile | undefined {
    const state = this.#states.get(key)
    return state?.type === 'kept' ? state.file : undefined
  }

  /** Files that are kept. */
  get size(): number {
    return this.#holders.size
  }

  /**
   * Fetches it now, whatever was tried before.
   *
   * @throws ShoalError as the dialect's `fetch`; TOO_LARGE, NO_SPACE, BAD_BLOCK, TIMED_OUT
   */
  async fetch(record: GuestRecord, signal: AbortSignal): Promise<KeptFile> {
    const state = this.#states.get(record.key)
    if (state?.type === 'kept') return state.file
    if (state?.type === 'fetching') return await abortable(state.kept, signal)
    if (state?.type === 'waiting') state.timer.cancel()
    if (state?.type === 'due') this.#queue.remove(record.ownerKey, record.key)
    this.#records.set(record.key, record)
    return await abortable(this.#fetch(record), signal)
  }

  #note(record: GuestRecord): void {
    this.#records.set(record.key, record)
    const state = this.#states.get(record.key)
    if (state === undefined || state.type === 'failed') this.#later(record.key, 0)
  }

  #later(key: string, tries: number): void {
    const { clock } = this.#setup
    const { firstMs, growth, maxTries } = this.#options
    if (tries >= maxTries) return void this.#states.set(key, { type: 'failed' })
    const timer = clock.schedule(
      () => {
        this.#states.set(key, { type: 'due', tries })
        const record = this.#records.get(key)
        if (record) this.#queue.push(record.ownerKey, key)
        this.#pump()
      },
      firstMs * growth ** tries,
    )
    this.#states.set(key, { type: 'waiting', tries, timer })
  }

  #pump(): void {
    while (this.#busyOwners.size < this.#options.maxAtOnce && !this.#stopping.signal.aborted) {
      const key = this.#queue.take(this.#busyOwners)
      const record = key === undefined ? undefined : this.#records.get(key)
      const state = record && this.#states.get(record.key)
      if (!record) return
      if (state?.type !== 'due') continue
      this.#busyOwners.add(record.ownerKey)
      void this.#try(record, state.tries)
    }
  }

  async #try(record: GuestRecord, tries: number): Promise<void> {
    try {
      await this.#fetch(record)
    } catch (error) {
      const { code, message } = toShoalError(error)
      const { dialect, holder } = record.file
      this.#setup.log.debug({ dialect, holder, code }, `a file of a client was not fetched: ${message}`)
      if (this.#states.get(record.key)?.type === 'failed' && !this.#stopping.signal.aborted)
        this.#later(record.key, tries + 1)
    } finally {
      this.#busyOwners.delete(record.ownerKey)
      this.#pump()
    }
  }

  /** due, waiting, failed -> fetching -> kept, failed. */
  #fetch(record: GuestRecord): Promise<KeptFile> {
    const life = linkSignals(this.#stopping.signal)
    const kept = this.#read(record, life.signal).finally(() => life[Symbol.dispose]())
    const state: State = { type: 'fetching', kept, abort: () => life.abort() }
    this.#states.set(record.key, state)
    return kept.then(
      (file) => {
        const holders = this.#holders.get(file.path) ?? new Set()
        this.#holders.set(file.path, holders.add(record.key))
        // It may have been taken back meanwhile.
        if (this.#states.get(record.key) === state) this.#states.set(record.key, { type: 'kept', file })
        else this.#release(record.key, file)
        return file
      },
      (error) => {
        if (this.#states.get(record.key) === state) this.#states.set(record.key, { type: 'failed' })
        throw error
      },
    )
  }

  async #read(record: GuestRecord, parent: AbortSignal): Promise<KeptFile> {
    const { keeper, clock } = this.#setup
    const { file, entry } = record
    if (!file.fetch) throw new ShoalError('NOT_FOUND', `${file.holder} gives no bytes.`)
    using life = withDeadline(clock, this.#options.timeoutMs, parent)
    const bytes = await abortable(file.fetch(life.signal), life.signal)
    return await keeper.keep(
      entry.name,
      checkedBytes(record, bytes, () => keeper.room()),
      life.signal,
    )
  }

  #forget(key: string): void {
    const state = this.#states.get(key)
    const record = this.#records.get(key)
    this.#states.delete(key)
    this.#records.delete(key)
    if (state?.type === 'waiting') state.timer.cancel()
    if (state?.type === 'due' && record) this.#queue.remove(record.ownerKey, key)
    if (state?.type === 'fetching') state.abort()
    if (state?.type === 'kept') this.#release(key, state.file)
  }

  /** Lets go of it, when nobody else has it. */
  #release(key: string, file: KeptFile): void {
    const holders = this.#holders.get(file.path)
    holders?.delete(key)
    if (holders && holders.size > 0) return
    this.#holders.delete(file.path)
    const dropped = this.#setup.keeper
      .drop(file)
      .catch((error) => this.#setup.log.warn({ err: error }, 'a file of a client was not deleted'))
      .finally(() => this.#dropping.delete(dropped))
    this.#dropping.add(dropped)
  }
}
