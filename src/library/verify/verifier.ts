import { type Clock, every, type Timer } from '../../base/clock.ts'
import { ShoalError, toShoalError } from '../../base/errors.ts'
import { Emitter } from '../../base/events.ts'
import type { Logger } from '../../base/log.ts'
import { RateMeter } from '../../base/rate-meter.ts'
import { abortable } from '../../base/signals.ts'
import type { Ingestor } from '../../content/ingest.ts'
import type { Catalogue } from '../../storage/catalogue.ts'
import type { CatalogueChange, PathKey } from '../../storage/catalogue-types.ts'
import type { VerifyStore } from '../../storage/verify-store.ts'
import type { Finding, VerifyRun } from '../../storage/verify-types.ts'
import { VerifyJournal } from './journal.ts'
import { Judge } from './judge.ts'
import { Pace } from './pace.ts'
import { VerifyPlanner } from './planner.ts'
import { Readers } from './readers.ts'
import type { VerifyEvent, VerifyState } from './types.ts'

/** Time between two reports, ms. */
const REPORT_MS = 500

/** Findings read from the journal at once. */
const FINDINGS_STEP = 100

export interface VerifierParts {
  readonly catalogue: Pick<Catalogue, 'contentAt' | 'contentsBelow' | 'digestsOf' | 'setDamage'>
  readonly store: VerifyStore
  readonly checker: Pick<Ingestor, 'check'>
  readonly clock: Clock
  readonly log: Logger
  /** How many read at once, at least 1. */
  readonly readers: number
  /** The node has something to do that goes first. */
  readonly isBusy: () => boolean
  /** Most that is read a second; 0 = as much as goes. */
  readonly bytesPerSecond: () => number
  /** What can be found has changed. */
  readonly onChange: (change: CatalogueChange) => void
  /** A file is not what it was, or gone: look at it as if the watcher had seen it. */
  readonly onSuspect: (key: PathKey) => void
  /** Whether the root of a share is there. */
  readonly isPresent: (shareId: number) => Promise<boolean>
}

interface Work {
  readonly abort: AbortController
  readonly journal: VerifyJournal
  readonly readers: Readers
  readonly rate: RateMeter
  readonly reporter: Timer
  ended: Promise<void>
}

/**
 * Reads shared files again and tells which are not what the catalogue says. One verification at a time: what is asked for meanwhile joins it. It survives
 * the death of the process at any moment, and goes on where it was at the next {@link resume}.
 */
export class Verifier {
  readonly events = new Emitter<VerifyEvent>()
  /** Absolute paths of files whose bytes were found to be wrong. */
  readonly damaged = new Emitter<string>()
  readonly #parts: VerifierParts
  readonly #planner: VerifyPlanner
  #work: Work | undefined
  #closed = false

  constructor(parts: VerifierParts) {
    this.#parts = parts
    this.#planner = new VerifyPlanner(parts)
  }

  /** Verifies these paths and all below them, beside what is being verified already. @throws ShoalError CONFLICT when the node stops */
  start(keys: readonly PathKey[]): VerifyState {
    if (this.#closed) throw new ShoalError('CONFLICT', 'The node is stopping.')
    const { store, clock } = this.#parts
    if (store.run()?.state !== 'running') store.begin(clock.now())
    this.#planner.add(keys)
    this.#go()
    return this.state()
  }

  /** Goes on with what was interrupted, if there is anything. */
  resume(): void {
    if (!this.#closed && this.#parts.store.run()?.state === 'running') this.#go()
  }

  /** Ends the verification: what is left of it is forgotten, what was found stays. */
  async stop(): Promise<VerifyState> {
    await this.#halt()
    const { store, clock } = this.#parts
    if (store.run()?.state === 'running') {
      store.end('stopped', clock.now())
      this.events.emit({ type: 'ended', state: this.state() })
    }
    return this.state()
  }

  /** Ends all work; it goes on at the next {@link resume}. */
  async close(): Promise<void> {
    this.#closed = true
    await this.#halt()
  }

  state(): VerifyState {
    const { store, clock } = this.#parts
    const run = this.#work?.journal.run() ?? store.run()
    const rate = this.#work?.rate.rateBytesPerSecond(clock.monotonic()) ?? 0
    return stateOf(run, rate)
  }

  /** What is wrong, in the order in which it was found. @param after number of the last one that is known; the first is 1 */
  findings(after: number, limit: number): (Finding & { readonly number: number })[] {
    return this.#parts.store.findings(after, limit)
  }

  /**
   * What was found so far, then what happens, until the end. However slow the reader is, it misses no finding that is kept.
   *
   * @throws ShoalError NOT_FOUND when nothing was ever verified; the signal's reason
   */
  async *watch(signal: AbortSignal): AsyncGenerator<VerifyEvent, void, undefined> {
    let news = Promise.withResolvers<void>()
    const off = this.events.on(() => news.resolve())
    try {
      for (let seen = 0, run = 0; ; ) {
        signal.throwIfAborted()
        const id = this.#parts.store.run()?.id ?? 0
        if (id !== run) seen = 0
        run = id
        // Asked before the findings are read: those of the end are then surely among them.
        const state = this.state()
        if (state.state === 'idle')
          throw new ShoalError('NOT_FOUND', 'Nothing was verified yet. Start with: shoal verify')
        for (let step = this.findings(seen, FINDINGS_STEP); step.length > 0; ) {
          for (const { number, ...finding } of step) {
            yield { type: 'damaged', finding }
            seen = number
          }
          step = this.findings(seen, FINDINGS_STEP)
        }
        if (state.state !== 'running') {
          yield { type: 'ended', state }
          return
        }
        yield { type: 'progress', state }
        await abortable(news.promise, signal)
        news = Promise.withResolvers()
      }
    } finally {
      off()
    }
  }

  /** For people who look for a fault; JSON values only. */
  getDebugState(): Record<string, unknown> {
    return { ...this.state(), planning: this.#planner.isBusy }
  }

  #go(): void {
    const { store } = this.#parts
    this.#work ??= this.#begin(store.run()!)
    const { abort, readers } = this.#work
    void this.#planner
      .run(abort.signal)
      .catch((error: unknown) => abort.abort(error))
      .finally(() => readers.wake())
  }

  #begin(run: VerifyRun): Work {
    const { clock, log, isBusy, bytesPerSecond, readers: count } = this.#parts
    const abort = new AbortController()
    const journal = new VerifyJournal(this.#parts, run)
    const rate = new RateMeter()
    const judge = new Judge({
      ...this.#parts,
      journal,
      onDamaged: (absPath) => this.damaged.emit(absPath),
      onRead: (bytes) => rate.add(bytes, clock.monotonic()),
      onFinding: (finding) => this.events.emit({ type: 'damaged', finding }),
    })
    const readers = new Readers({
      ...this.#parts,
      judge,
      pace: new Pace({ clock, isBusy, bytesPerSecond }),
      readers: count,
      isPlanning: () => this.#planner.isBusy,
    })
    const reporter = every(clock, REPORT_MS, () => {
      journal.flushSometimes()
      this.events.emit({ type: 'progress', state: this.state() })
    })
    log.info({ files: run.files, filesTotal: run.filesTotal }, 'verifies shared files')
    const work: Work = { abort, journal, readers, rate, reporter, ended: Promise.resolve() }
    work.ended = this.#runToEnd(work)
    return work
  }

  async #runToEnd(work: Work): Promise<void> {
    const { store, clock, log } = this.#parts
    const { abort, journal, readers, reporter } = work
    let failure: unknown
    // One turn: whoever began this begins planning right after.
    await Promise.resolve()
    try {
      do {
        await readers.run(abort.signal)
        // What was asked for while the last reader left.
        if (this.#planner.hasMore) await this.#planner.run(abort.signal)
      } while (this.#planner.isBusy || this.#planner.hasMore || readers.hasMore)
    } catch (error) {
      failure = error
    }
    reporter.cancel()
    journal.flush()
    this.#work = undefined
    if (abort.signal.aborted && failure === abort.signal.reason && isOurs(failure)) return
    if (failure !== undefined) log.error({ err: failure }, 'verifying broke down: stopped')
    store.end(failure === undefined ? 'done' : 'stopped', clock.now())
    const state = this.state()
    const { files, bytes, damaged, ms } = state
    log.info({ files, bytes, damaged, ms }, 'verified')
    this.events.emit({ type: 'ended', state })
  }

  /** Ends the work and waits for that. */
  async #halt(): Promise<void> {
    const work = this.#work
    work?.abort.abort(new ShoalError('CANCELLED'))
    await work?.ended
    await this.#planner.whenIdle()
  }
}

/** We ended it ourselves, as opposed to what broke down. */
const isOurs = (error: unknown): boolean => toShoalError(error).code === 'CANCELLED'

function stateOf(run: VerifyRun | undefined, rateBytesPerSecond: number): VerifyState {
  if (!run) {
    const none = { files: 0, filesTotal: 0, bytes: 0, bytesTotal: 0, damaged: 0 }
    return { state: 'idle', ...none, rateBytesPerSecond: 0, etaMs: undefined, ms: 0 }
  }
  const { state, files, filesTotal, bytes, bytesTotal, damaged, activeMs } = run
  const isMoving = state === 'running' && rateBytesPerSecond > 0
  return {
    ...{ state, files, filesTotal, bytes, bytesTotal, damaged },
    rateBytesPerSecond: isMoving ? rateBytesPerSecond : 0,
    etaMs: isMoving ? Math.round(((bytesTotal - bytes) * 1000) / rateBytesPerSecond) : undefined,
    ms: Math.round(activeMs),
  }
}
