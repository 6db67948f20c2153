import { type Clock, sleep } from '../../base/clock.ts'
import { toShoalError } from '../../base/errors.ts'
import type { Logger } from '../../base/log.ts'
import { abortable, linkSignals } from '../../base/signals.ts'
import type { BlockCheck, BlockVerdict, Ingestor } from '../../content/ingest.ts'
import type { Catalogue } from '../../storage/catalogue.ts'
import type { VerifyStore } from '../../storage/verify-store.ts'
import type { Judge } from './judge.ts'
import type { Pace } from './pace.ts'
import { type Piece, VerifyPlan } from './plan.ts'
import { spanOfRange } from './ranges.ts'

/** Files in memory at once, and how few make it time for more. */
const WINDOW = 1024
const LOW_WATER = 256

/** Wait before what the system had no room for is tried again, ms; how often hashing may break down before it is given up. */
const RETRY_MS = 1000
const MAX_BREAKDOWNS = 5

export interface ReadersParts {
  readonly catalogue: Pick<Catalogue, 'contentAt' | 'digestsOf'>
  readonly store: Pick<VerifyStore, 'filesAfter'>
  readonly checker: Pick<Ingestor, 'check'>
  readonly judge: Judge
  readonly pace: Pace
  readonly clock: Clock
  readonly log: Logger
  /** How many read at once: as many as there are hashing threads. */
  readonly readers: number
  /** True while files are still being put into the list. */
  readonly isPlanning: () => boolean
}

/** Reads what is in the list, several at once, until nothing is left. */
export class Readers {
  readonly #parts: ReadersParts
  readonly #plan: VerifyPlan
  /** Id of the last file that was taken from the list. */
  #taken = 0
  #reading = 0
  #breakdowns = 0
  #news = Promise.withResolvers<void>()

  constructor(parts: ReadersParts) {
    this.#parts = parts
    this.#plan = new VerifyPlan(parts.readers)
  }

  /** There is something in the list that was not taken. */
  get hasMore(): boolean {
    return this.#parts.store.filesAfter(this.#taken, 1).length > 0
  }

  /** There may be more in the list. */
  wake(): void {
    this.#news.resolve()
    this.#news = Promise.withResolvers()
  }

  /** Resolves when nothing is left. @throws ShoalError INTERNAL when hashing breaks down again and again; the signal's reason */
  async run(signal: AbortSignal): Promise<void> {
    using life = linkSignals(signal)
    const ends = Array.from({ length: this.#parts.readers }, (_, reader) =>
      this.#loop(reader, life.signal).catch((error: unknown) => {
        // One that gives up takes the others along.
        life.abort(error)
        throw error
      }),
    )
    const failed = (await Promise.allSettled(ends)).find(({ status }) => status === 'rejected')
    if (failed) throw life.signal.reason
  }

  async #loop(reader: number, signal: AbortSignal): Promise<void> {
    const { pace, clock } = this.#parts
    for (;;) {
      signal.throwIfAborted()
      this.#refill()
      const pieces = this.#plan.claim()
      if (pieces.length === 0) {
        const isOver = this.#reading === 0 && this.#plan.size === 0 && !this.#parts.isPlanning()
        if (isOver) return this.wake()
        await abortable(this.#news.promise, signal)
        continue
      }
      this.#reading++
      try {
        await pace.before(
          reader,
          pieces.reduce((sum, { bytes }) => sum + bytes, 0),
          signal,
        )
        const beganMs = clock.monotonic()
        await this.#read(pieces, signal)
        await pace.after(clock.monotonic() - beganMs, signal)
      } finally {
        this.#reading--
        this.wake()
      }
    }
  }

  #refill(): void {
    if (this.#plan.size > WINDOW - LOW_WATER || this.#plan.idle > LOW_WATER) return
    const files = this.#parts.store.filesAfter(this.#taken, WINDOW - this.#plan.size)
    this.#plan.add(files)
    this.#taken = files.at(-1)?.id ?? this.#taken
  }

  async #read(claimed: readonly Piece[], signal: AbortSignal): Promise<void> {
    const { checker, judge } = this.#parts
    const known = claimed.map((piece) => ({ piece, check: this.#checkOf(piece) }))
    const pieces = known.flatMap(({ piece, check }) => {
      if (!check) judge.leave(this.#plan, piece)
      return check ? [{ piece, check }] : []
    })
    if (pieces.length === 0) {
      judge.note()
      // A long list of files that are gone must not hold up the process.
      await new Promise((resolve) => setImmediate(resolve))
      return
    }
    let verdicts: BlockVerdict[]
    try {
      verdicts = await checker.check(
        pieces.map(({ check }) => check),
        { signal },
      )
      this.#breakdowns = 0
    } catch (error) {
      for (const { piece } of pieces) this.#plan.giveBack(piece)
      signal.throwIfAborted()
      await this.#brokeDown(error, signal)
      return
    }
    let isShort = false
    for (const [i, { piece, check }] of pieces.entries()) {
      const verdict = verdicts[i]!
      if (verdict.status === 'busy') {
        isShort = true
        this.#plan.giveBack(piece)
      } else await judge.judge(this.#plan, { piece, verdict, stat: check.stat })
    }
    judge.note()
    if (isShort) await sleep(this.#parts.clock, RETRY_MS, signal)
  }

  /** What is to be read; undefined when the file is not shared any more, or has another content and was read for that. */
  #checkOf({ file, range }: Piece): BlockCheck | undefined {
    const { catalogue } = this.#parts
    const content = catalogue.contentAt(file)
    if (content?.cid !== file.cid || content.stat.size !== file.sizeBytes) return undefined
    const span = spanOfRange(file.sizeBytes, range)
    const digests = catalogue.digestsOf(content.cid, span)
    return digests && { path: content.absPath, stat: content.stat, first: span.first, digests }
  }

  async #brokeDown(error: unknown, signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#parts
    log.warn({ err: error }, 'files could not be verified; tries again')
    if (++this.#breakdowns >= MAX_BREAKDOWNS) throw toShoalError(error)
    await sleep(clock, RETRY_MS, signal)
  }
}
