import { type Clock, sleep, type Timer } from '../../base/clock.ts'
import { toShoalError } from '../../base/errors.ts'
import type { Logger } from '../../base/log.ts'
import type { Random } from '../../base/random.ts'
import type { SharedEntry } from '../../content/entry.ts'
import { positionOf } from '../../fabric/dht/position.ts'
import type { EntrySource } from '../locator.ts'
import { type KeyDigest, keyBytes } from './keys.ts'
import { Keywords } from './keywords.ts'
import type { DhtLocatorOptions } from './options.ts'
import { PublishPlan } from './plan.ts'
import type { LocatorDht } from './ports.ts'

export interface PublisherSetup {
  readonly dht: LocatorDht
  readonly source: EntrySource
  readonly clock: Clock
  readonly random: Random
  readonly log: Logger
  readonly options: DhtLocatorOptions
}

/** Keys looked at in one go: some milliseconds of hashing. */
const KEYS_AT_ONCE = 500
/** Entries whose words are looked at in one go: as long. */
const ENTRIES_AT_ONCE = 200

/** Keeps the DHT told of what this node shares: what is new soon, all of it again and again, and again where peers came or died. */
export class DhtPublisher {
  readonly #setup: PublisherSetup
  readonly #plan: PublishPlan
  readonly #stopped = new AbortController()
  readonly #off: () => void
  #words = new Keywords()
  #timer: Timer | undefined
  #timerMs = Number.POSITIVE_INFINITY
  #recheck: Timer | undefined
  #recount: Timer | undefined
  #isCounting = false
  #isTelling = false
  #isChecking = false
  #wasAlone = true
  #lastTurnMs = Number.NEGATIVE_INFINITY
  #revision: string | undefined
  readonly #totals = { turns: 0, keys: 0, messages: 0, bytes: 0, asked: 0 }
  #lastFailure: string | undefined

  constructor(setup: PublisherSetup) {
    this.#setup = setup
    this.#plan = new PublishPlan({ ...setup.options, phase: setup.random.float() })
    this.#off = setup.dht.changes.on(() => this.#wantRecheck())
    this.#wantRecount(0)
  }

  /** Whether all that is shared has been told, as far as there is somebody to tell, and nothing is being worked on. */
  get isSettled(): boolean {
    const { dht } = this.#setup
    const isBusy = this.#isCounting || this.#isTelling || this.#isChecking || this.#recount || this.#recheck
    return !isBusy && (dht.size() === 0 || this.#plan.nextDue().urgentMs === Number.POSITIVE_INFINITY)
  }

  /** Things that are shared from now on. */
  add(entries: readonly SharedEntry[]): void {
    // Before the first count they are in the source already.
    if (this.#revision === undefined) return
    this.#words.count(entries)
    this.#take(entries, this.#words)
    this.#arm()
  }

  /** Something is not shared any more. Which keys go with it shows when all is counted anew; there is no hurry, those who search ask the node itself. */
  removed(): void {
    this.#wantRecount(this.#setup.options.recountMs)
  }

  stop(): void {
    this.#stopped.abort()
    this.#off()
    for (const timer of [this.#timer, this.#recheck, this.#recount]) timer?.cancel()
  }

  getDebugState(): Record<string, unknown> {
    return {
      ...{ keys: this.#plan.size, untold: this.#plan.untold, leftOut: this.#plan.leftOut },
      ...{ told: { ...this.#totals }, lastFailure: this.#lastFailure ?? null },
    }
  }

  get #isStopped(): boolean {
    return this.#stopped.signal.aborted
  }

  #take(entries: Iterable<SharedEntry>, words: Keywords, seen?: Set<KeyDigest>): void {
    const now = this.#setup.clock.monotonic()
    for (const entry of entries)
      for (const digest of words.keysOf(entry)) {
        seen?.add(digest)
        if (!this.#plan.has(digest)) this.#plan.add(digest, placeOf(digest), now)
      }
  }

  #wantRecount(ms: number): void {
    if (this.#recount || this.#isStopped) return
    this.#recount = this.#setup.clock.schedule(() => {
      this.#recount = undefined
      void this.#count()
    }, ms)
  }

  /** Goes through all that is shared: what is missing in the plan is added, what is no longer shared is dropped. */
  async #count(): Promise<void> {
    if (this.#isCounting) return this.#wantRecount(this.#setup.options.recountMs)
    this.#isCounting = true
    const { source, log, options } = this.#setup
    const revision = source.revision()
    try {
      // From here on what is announced is taken at once; the words in use until this is done serve for it.
      this.#revision ??= revision
      const seen = await this.#countAll()
      if (this.#isStopped) return
      if (source.revision() === revision) this.#keepOnly(seen)
      else this.#wantRecount(options.recountMs)
    } catch (error) {
      log.warn({ err: error }, 'what is shared could not be read for the DHT')
      this.#wantRecount(options.recountMs)
    } finally {
      this.#isCounting = false
    }
    this.#arm()
  }

  /** All keys of all that is shared. Others in the process have their turn between the batches. */
  async #countAll(): Promise<Set<KeyDigest>> {
    const { source, clock } = this.#setup
    const words = new Keywords()
    const seen = new Set<KeyDigest>()
    const passes = [
      (batch: readonly SharedEntry[]) => words.count(batch),
      (batch: readonly SharedEntry[]) => this.#take(batch, words, seen),
    ]
    for (const pass of passes)
      for (const piece of piecesOf(source)) {
        pass(piece)
        await sleep(clock, 0)
        if (this.#isStopped) return seen
      }
    this.#words = words
    return seen
  }

  #keepOnly(seen: ReadonlySet<KeyDigest>): void {
    const gone = [...this.#plan.digests()].filter((digest) => !seen.has(digest))
    for (const digest of gone) this.#plan.drop(digest)
    this.#setup.dht.forget(gone.map(keyBytes))
    const { leftOut } = this.#plan
    if (leftOut > 0) this.#setup.log.warn({ leftOut }, 'too much is shared for the DHT; the rest is not told')
    this.#plan.leftOut = 0
  }

  #wantRecheck(): void {
    if (this.#recheck || this.#isStopped) return
    this.#recheck = this.#setup.clock.schedule(() => {
      this.#recheck = undefined
      void this.#check()
    }, this.#setup.options.recheckMs)
  }

  /** Looks for keys that too few of the peers now nearest to them have. */
  async #check(): Promise<void> {
    if (this.#isChecking || this.#isTelling) return this.#wantRecheck()
    const { dht, clock, options } = this.#setup
    this.#isChecking = true
    const isAlone = dht.size() === 0
    if (this.#wasAlone && !isAlone) this.#plan.retry(clock.monotonic())
    this.#wasAlone = isAlone
    let looked = 0
    for (const digest of [...this.#plan.digests()]) {
      // A holder need not be a contact; a contact that is farther than the holders says nothing against them.
      const near = dht.knownClosest(keyBytes(digest), options.replicas, this.#plan.holdersOf(digest))
      const nearest = near.map(({ peerId }) => peerId)
      this.#plan.check(digest, nearest, clock.monotonic())
      if (++looked % KEYS_AT_ONCE === 0) await sleep(clock, 0)
      if (this.#isStopped) return
    }
    this.#isChecking = false
    this.#arm()
  }

  /** Sets the time of the next turn: urgent keys after a moment, the others together with those of the next hundredth of the period. */
  #arm(): void {
    if (this.#isStopped || this.#isTelling || this.#setup.dht.size() === 0) return
    const { clock, options } = this.#setup
    const { urgentMs, anyMs } = this.#plan.nextDue()
    const now = clock.monotonic()
    const restMs = this.#lastTurnMs + options.pauseMs
    const soonMs = Math.max(urgentMs, restMs, now + options.settleMs)
    const renewalMs = Math.max(anyMs, this.#lastTurnMs + options.republishMs / options.turns)
    const nextMs = Math.min(soonMs, renewalMs)
    if (nextMs === Number.POSITIVE_INFINITY || (this.#timer && this.#timerMs <= nextMs)) return
    this.#set(nextMs)
  }

  #set(atMs: number): void {
    this.#timer?.cancel()
    this.#timerMs = atMs
    this.#timer = this.#setup.clock.schedule(
      () => {
        this.#timer = undefined
        void this.#turn()
      },
      Math.min(Math.max(0, atMs - this.#setup.clock.monotonic()), LONGEST_TIMER_MS),
    )
  }

  /** Tells one batch of what is due. */
  async #turn(): Promise<void> {
    const { dht, clock, options, log } = this.#setup
    const due = this.#plan.due(clock.monotonic(), options.batchKeys)
    if (due.length === 0 || dht.size() === 0) return this.#arm()
    this.#isTelling = true
    const cost = { messages: 0, bytes: 0, asked: 0 }
    const names = new Map(due.map((digest) => [digest, keyBytes(digest)]))
    const taken = new Map<KeyDigest, readonly string[]>(due.map((digest) => [digest, []]))
    try {
      const results = await dht.provide([...names.values()], { signal: this.#stopped.signal, cost })
      for (const { key, holders } of results) taken.set(digestOf(key), holders)
    } catch (error) {
      this.#lastFailure = toShoalError(error).message
      log.debug({ err: error }, 'the DHT could not be told')
    }
    this.#isTelling = false
    if (this.#isStopped) return
    this.#lastTurnMs = clock.monotonic()
    const enough = Math.ceil(options.keepShare * Math.min(options.replicas, dht.size()))
    const results = [...taken].map(([digest, holders]) => ({ digest, holders }))
    this.#plan.told(results, this.#lastTurnMs, enough)
    this.#totals.turns++
    this.#totals.keys += due.length
    this.#totals.messages += cost.messages
    this.#totals.bytes += cost.bytes
    this.#totals.asked += cost.asked
    if (this.#plan.due(this.#lastTurnMs, 1).length > 0) this.#set(this.#lastTurnMs + options.pauseMs)
    else this.#arm()
  }
}

/** All entries, a few at a time. */
function* piecesOf(source: EntrySource): Generator<readonly SharedEntry[]> {
  for (const batch of source.batches())
    for (let at = 0; at < batch.length; at += ENTRIES_AT_ONCE) yield batch.slice(at, at + ENTRIES_AT_ONCE)
}

/** Timers of the system do not reach farther; what falls due later is armed anew. */
const LONGEST_TIMER_MS = 2 ** 31 - 1

const digestOf = (key: Uint8Array): KeyDigest => Buffer.from(key.subarray(2)).toString('hex')

/** Where a key lies among all, 0 to 1. */
export function placeOf(digest: KeyDigest): number {
  return Buffer.from(positionOf(keyBytes(digest))).readUIntBE(0, 6) / 2 ** 48
}
