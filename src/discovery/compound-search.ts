import { type Clock, sleep } from '../base/clock.ts'
import { type ErrorCode, ShoalError, toShoalError } from '../base/errors.ts'
import { withDeadline } from '../base/signals.ts'
import { fanIn } from './fan-in.ts'
import { type MergedHit, mergeHit } from './hit-merge.ts'
import type { LocateCost, Locator, LocatorHit, LocatorName, SearchQuery, StopReason } from './locator.ts'
import { newCost } from './locator.ts'
import { type Responder, Responders } from './responders.ts'

/** What a search over several locators tells, as it happens. */
export type SearchEvent = SearchHit | SearchDone

/** All that is known of one CID; comes again, whole, when a provider, an address or a locator is added. */
export interface SearchHit extends MergedHit {
  readonly type: 'hit'
}

/** The last event. */
export interface SearchDone {
  readonly type: 'done'
  /** Different CIDs found. */
  readonly hits: number
  readonly ms: number
  /** `complete`: every locator told all it had, or failed. */
  readonly reason: 'limit' | 'complete' | 'timeout' | 'cancelled'
  readonly via: Partial<Record<LocatorName, LocatorReport>>
}

/** What one locator did in one search. */
export interface LocatorReport {
  /** Different CIDs that it found. */
  readonly hits: number
  /** Messages that went over links for it, both ways. */
  readonly messages: number
  /** Until it was done, or the search was. */
  readonly ms: number
  /** Peers, and index servers, whose answer was asked for. */
  readonly asked: number
  /** Encoded bytes of the messages. */
  readonly bytes: number
  /** Links to the peer that answered with the first hit; 0 for what was known here. Left out without a hit. */
  readonly firstHitHops?: number
  /** Why it stopped; left out when it failed. */
  readonly stopped?: LocatorStop
  /** Why it could not be asked, or not to the end. */
  readonly error?: { readonly code: ErrorCode; readonly message: string }
  /** Faults that did not stop it, for people. */
  readonly problems?: readonly string[]
}

/**
 * `complete`: it told all it had. `limit`, `timeout`, `cancelled`: the search was over before, for that reason. The others are
 * reasons of the locator's own.
 */
export type LocatorStop = 'complete' | 'limit' | 'timeout' | 'cancelled' | StopReason

/** A search that is over: what its caller asked for and was told. */
export interface SearchStory extends Omit<SearchDone, 'type'> {
  readonly query: SearchQuery
  /** UUIDs of the queries that went from neighbour to neighbour for it, in their order; none when it was not flooded. */
  readonly queryIds: readonly string[]
  readonly responders: readonly Responder[]
}

export interface CompoundSearch {
  readonly query: SearchQuery
  readonly locators: readonly Locator[]
  readonly clock: Clock
  readonly timeoutMs: number
  readonly signal: AbortSignal
  /** Told once when it is over, also when its caller has left. */
  readonly onOver?: (story: SearchStory) => void
}

/**
 * Runs a search on all `locators` side by side. Ends at the limit, at the deadline, when all are done, or when `signal` aborts;
 * then all work upstream is aborted too. A CID that is asked for by name does not end the search: there is but one, and more
 * of its providers may follow.
 *
 * Hits of the library come at once and could fill all places before anybody else has answered: the half of the places is
 * kept free for the others until they are done.
 */
export async function* compoundSearch({
  query,
  locators,
  clock,
  timeoutMs,
  signal,
  onOver,
}: CompoundSearch): AsyncGenerator<SearchEvent, void, undefined> {
  const startedMs = clock.monotonic()
  const deadline = withDeadline(clock, timeoutMs, signal)
  const progress = new Map(locators.map((locator) => [locator.name, new Progress()]))
  const found = new Map<string, MergedHit>()
  const held: LocatorHit[] = []
  const responders = new Responders()
  const isFull = () => found.size >= query.limit && query.cid === undefined
  const mayHold = locators.length > 1 && query.cid === undefined
  const libraryPlaces = Math.ceil(query.limit / 2)

  const take = (via: LocatorName, hit: LocatorHit): SearchHit | undefined => {
    const { cid } = hit.entry
    const known = found.get(cid)
    if (!known && found.size >= query.limit) return undefined
    progress.get(via)!.cids.add(cid)
    // Through this node itself, that is.
    if (via !== 'dialects') responders.add(via, hit)
    const merged = mergeHit(known, hit, via)
    if (!merged) return undefined
    found.set(cid, merged)
    return { type: 'hit', ...merged }
  }

  const endOf = ({
    fullMs,
    isLeft = false,
  }: {
    fullMs?: number | undefined
    isLeft?: boolean
  }): SearchDone => {
    const ms = fullMs ?? clock.monotonic() - startedMs
    const isComplete = [...progress.values()].every((at) => at.isDone)
    const isCancelled = isLeft || signal.aborted
    const reason = isFull() ? 'limit' : isCancelled ? 'cancelled' : isComplete ? 'complete' : 'timeout'
    const via: Partial<Record<LocatorName, LocatorReport>> = {}
    for (const [name, at] of progress) via[name] = at.report({ ms, reason, timeoutMs, query })
    return { type: 'done', hits: found.size, ms: tenths(ms), reason, via }
  }

  let done: SearchDone | undefined
  try {
    const sources = new Map(
      locators.map((locator) => [
        locator.name,
        (given: AbortSignal) =>
          locator.search(query, { signal: given, cost: progress.get(locator.name)!.cost }),
      ]),
    )
    let fullMs: number | undefined
    const onLeft = (ended: Promise<unknown>) => settled(ended, clock)
    for await (const event of fanIn(sources, deadline.signal, onLeft)) {
      const at = progress.get(event.source)!
      if (event.type !== 'item') {
        at.finish(clock.monotonic() - startedMs, event.type === 'error' ? event.error : undefined)
        continue
      }
      const isLibrary = event.source === 'library'
      if (isLibrary && mayHold && !found.has(event.item.entry.cid) && at.cids.size >= libraryPlaces) {
        if (held.length < query.limit) held.push(event.item)
        continue
      }
      const hit = take(event.source, event.item)
      if (hit) yield hit
      if (!isFull()) continue
      fullMs = clock.monotonic() - startedMs
      break
    }
    for (const item of signal.aborted ? [] : held) {
      const hit = take('library', item)
      if (hit) yield hit
    }
    done = endOf({ fullMs })
    yield done
  } finally {
    deadline[Symbol.dispose]()
    if (onOver) {
      const { type: _, ...end } = done ?? endOf({ isLeft: true })
      const costs = new Map([...progress].map(([name, { cost }]) => [name, cost]))
      onOver({
        ...{ ...end, query, queryIds: [...costs.values()].flatMap(({ queryIds }) => queryIds) },
        responders: responders.list((name, peerId) => costs.get(name)?.routes.get(peerId)),
      })
    }
  }
}

/** Locators that are told to stop may take so long to learn what they have cost. */
const SETTLE_MS = 1500

/** Waits for the end, but not for long. */
async function settled(ended: Promise<unknown>, clock: Clock): Promise<void> {
  const over = new AbortController()
  const patience = sleep(clock, SETTLE_MS, over.signal).catch(() => {})
  await Promise.race([ended, patience])
  over.abort()
}

/** More than a tenth of a ms is noise. */
const tenths = (ms: number): number => Math.round(ms * 10) / 10

/** How a search ended. */
interface SearchEnd extends Pick<SearchDone, 'ms' | 'reason'> {
  readonly timeoutMs: number
  readonly query: SearchQuery
}

/** How far one locator has come. */
class Progress {
  readonly cost: LocateCost = newCost()
  readonly cids = new Set<string>()
  #doneMs: number | undefined
  #error: unknown

  get isDone(): boolean {
    return this.#doneMs !== undefined
  }

  finish(ms: number, error: unknown): void {
    this.#doneMs = ms
    this.#error = error
  }

  report({ ms, reason, timeoutMs, query }: SearchEnd): LocatorReport {
    const { messages, asked, bytes, firstHitHops, problems } = this.cost
    const isLate = !this.isDone && reason === 'timeout'
    const error = isLate
      ? new ShoalError('TIMED_OUT', `No complete answer within ${timeoutMs} ms.`)
      : this.#error === undefined
        ? undefined
        : toShoalError(this.#error)
    const stopped = this.#stopped(reason, query)
    return {
      hits: this.cids.size,
      messages,
      ms: tenths(this.#doneMs ?? ms),
      asked,
      bytes,
      ...(firstHitHops !== undefined && { firstHitHops }),
      ...(stopped && { stopped }),
      ...(error && { error: { code: error.code, message: error.message } }),
      ...(problems.length > 0 && { problems: [...problems] }),
    }
  }

  #stopped(reason: SearchDone['reason'], { limit, cid }: SearchQuery): LocatorStop | undefined {
    if (!this.isDone) return reason
    if (this.#error !== undefined) return undefined
    const isFull = this.cids.size >= limit && cid === undefined
    return this.cost.stopped ?? (isFull ? 'limit' : 'complete')
  }
}
