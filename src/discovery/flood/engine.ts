import { create } from '@bufbuild/protobuf'
import type { Clock } from '../../base/clock.ts'
import type { Logger } from '../../base/log.ts'
import { type Random, uuidText } from '../../base/random.ts'
import type { SharedEntry } from '../../content/entry.ts'
import { type QueryShape, queryFromWire } from '../../content/entry-wire.ts'
import type { Query } from '../../contract/gen/shoal/v1/common_pb.ts'
import {
  type FloodAnswer,
  FloodCancelSchema,
  type FloodQuery,
} from '../../contract/gen/shoal/v1/neighbour_pb.ts'
import type { ForeignQueries } from '../foreign-queries.ts'
import type { LibrarySearch } from '../library-locator.ts'
import { Admission } from './admission.ts'
import { keyHash } from './bloom.ts'
import { keysOfQuery } from './filter-keys.ts'
import type { Horizon } from './horizon.ts'
import { answerMessage, hitAnswers, neighbourMessage, sizeOf } from './messages.ts'
import { type FloodOptions, HORIZON, MAX_SKIP, MAX_TTL } from './options.ts'
import { passOn, type Step } from './pass-on.ts'
import type { FloodMembership, FloodNeighbour } from './ports.ts'
import { type Asked, Branch, type Deliver, keyOf, newRun, type QueryRun, type Totals } from './query-run.ts'
import { explorersFor } from './reach.ts'
import { SeenCache } from './seen.ts'

export interface FloodEngineSetup {
  readonly membership: FloodMembership
  readonly horizon: Horizon
  readonly library: LibrarySearch
  /** Told of the queries of others. */
  readonly foreign?: ForeignQueries
  readonly clock: Clock
  readonly random: Random
  readonly log: Logger
  readonly options: FloodOptions
}

const MAX_TIMEOUT_MS = 60_000
/** With fewer matches within the horizon something counts as rare. */
const FEW = 10
/** How long the ends of a cancelled query are waited for. */
const CANCELLED_MS = 1000
/** Entries that are passed on for one asker, as a multiple of the limit. */
const RELAY_FACTOR = 4
/** Holders of one entry that a search by words is told of by one neighbour: enough to fetch from, and to ask for more by the CID. */
const MAX_HOLDERS = 3
const NOTHING: Totals = { messages: 0, bytes: 0, peers: 0, partial: false }

/** Answers, passes on and asks queries. Every query that came is answered with exactly one end, cancelled or not. */
export class FloodEngine {
  readonly #setup: FloodEngineSetup
  readonly #seen: SeenCache<QueryRun>
  readonly #running = new Map<string, QueryRun>()
  readonly #admission: Admission
  #isOver = false
  #searched = 0

  constructor(setup: FloodEngineSetup) {
    this.#setup = setup
    const { clock, options } = setup
    this.#seen = new SeenCache(clock, options.seenMax, options.seenMs)
    this.#admission = new Admission(clock, options)
  }

  /** Begins to listen to neighbours. */
  start(): void {
    const { membership } = this.#setup
    membership.on('query', (from, query) => this.#onQuery(from, query))
    membership.on('answer', (from, answer) => this.#onAnswer(from, answer))
    membership.on('cancel', (from, { id }) => {
      const run = this.#running.get(keyOf(id))
      const branch = run && [...run.branches].find((each) => each.from?.peerId === from.peerId)
      if (branch) this.#cancel(run, branch)
    })
  }

  /**
   * Asks the network. `deliver` gets hits as they come, and the totals once, last.
   *
   * @param id 16 random bytes
   */
  ask(id: Uint8Array, wire: Query, ttl: number, timeoutMs: number, deliver: Deliver): Asked {
    const run = newRun(id, wire, this.#keysOf(queryFromWire(wire), false))
    this.#seen.set(run.key, run)
    const { promise: ended, resolve } = Promise.withResolvers<void>()
    const branch = new Branch(undefined, (hits, end, through) => {
      deliver(hits, end, through)
      if (end) resolve()
    })
    const fanout = this.#explorers(run)
    const step = { ttl, hops: 0, timeoutMs, explore: true, targets: [], skip: [], fanout, promised: 0 }
    this.#begin(run, branch, step, [])
    return {
      ended,
      cancel: () => {
        run.isCancelled = true
        if (this.#cancel(run, branch)) this.#arm(run, branch, Math.min(timeoutMs, CANCELLED_MS))
      },
      conclude: () => {
        branch.giveUp()
        if (run.branches.has(branch)) this.#finish(run, branch)
        return branch.totals
      },
    }
  }

  /** Neighbours that have to explore what lies beyond the own horizon. */
  #explorers({ keys }: QueryRun): number {
    const { horizon, membership, options } = this.#setup
    // What is rare is not found twice; all may look for it.
    if (this.#matching(keys) < FEW) return options.originFanout
    return explorersFor(horizon.sizes(), membership.estimatedSize(), options.originFanout)
  }

  /** Peers within the horizon whose filters match. */
  promised(wire: Query): number {
    return this.#matching(this.#keysOf(queryFromWire(wire), false).keys)
  }

  #matching(keys: QueryRun['keys']): number {
    return keys ? this.#setup.horizon.match(keys, HORIZON, new Set()).size : 0
  }

  /** The neighbour has gone: what it owes has ended, what it asked for is not wanted any more. */
  lose(peerId: string): void {
    this.#admission.forget(peerId)
    for (const run of [...this.#running.values()]) {
      for (const branch of [...run.branches]) {
        if (branch.from?.peerId === peerId) this.#cancel(run, branch)
        else if (branch.isWaitingFor(peerId)) {
          branch.giveUp(peerId)
          if (!branch.isPending) this.#finish(run, branch)
        }
      }
    }
  }

  /** Ends all that runs; queries that come from now on are answered with an end only. */
  stop(): void {
    this.#isOver = true
    for (const run of [...this.#running.values()]) {
      for (const branch of [...run.branches]) {
        branch.giveUp()
        this.#finish(run, branch)
      }
    }
  }

  getDebugState(): Record<string, unknown> {
    const { refused } = this.#admission
    return { running: this.#running.size, seen: this.#seen.size, searched: this.#searched, refused }
  }

  #onQuery(from: FloodNeighbour, query: FloodQuery): void {
    const { foreign, membership } = this.#setup
    foreign?.received('flood')
    if (query.id.length !== 16) {
      foreign?.dropped('flood')
      return
    }
    const end = (partial: boolean) => from.send(answerMessage(query.id, undefined, { ...NOTHING, partial }))
    const known = this.#seen.get(keyOf(query.id))
    const run = this.#admit(from, known) ? (known ?? this.#newForeign(query)) : undefined
    if (!run) {
      if (!known?.isCancelled) foreign?.dropped('flood')
      end(!known?.isCancelled)
      return
    }
    const own = membership.record.point
    const targets = query.targets
      .slice(0, MAX_SKIP)
      .filter((point) => point !== own && !run.passed.has(point))
    const isExploring = query.explore && !run.isExplored
    if (known && targets.length === 0 && !isExploring) {
      end(false)
      return
    }
    const hops = Math.min(Math.max(query.hops, 1), MAX_TTL)
    const branch = new Branch(
      from,
      this.#upstream(run, from, () => branch),
    )
    const entries = known ? [] : this.#search(run, branch)
    this.#begin(
      run,
      branch,
      {
        ...{
          hops,
          targets,
          explore: isExploring,
          promised: query.promised,
          fanout: this.#setup.options.fanout,
        },
        ttl: Math.min(query.ttl, MAX_TTL - hops),
        timeoutMs: Math.min(query.timeoutMs, MAX_TIMEOUT_MS),
        skip: query.skip.slice(0, MAX_SKIP),
      },
      entries,
    )
    if (known) return
    foreign?.worked({
      ...{ locator: 'flood', id: uuidText(query.id), from: from.peerId, query: run.shape },
      ...{ ttl: query.ttl, hops: query.hops, hits: entries.length, passedOn: run.sent.size },
    })
  }

  /** Whether a query is worked for; one that was cancelled is not. */
  #admit({ peerId }: FloodNeighbour, known: QueryRun | undefined): boolean {
    if (this.#isOver || known?.isCancelled || !this.#admission.admit(peerId)) return false
    return this.#running.size < this.#setup.options.maxRunning
  }

  #newForeign({ id, query, blind }: FloodQuery): QueryRun | undefined {
    try {
      if (!query) return undefined
      const run = newRun(id, query, this.#keysOf(queryFromWire(query), blind))
      this.#seen.set(run.key, run)
      return run
    } catch {
      // It asks for nothing, or for something impossible.
      return undefined
    }
  }

  #keysOf(shape: QueryShape, blind: boolean): Pick<QueryRun, 'shape' | 'keys'> {
    const keys = blind || !this.#setup.options.filter ? [] : keysOfQuery(shape)
    return { shape, keys: keys.length > 0 ? keys.map(keyHash) : undefined }
  }

  #search({ shape }: QueryRun, branch: Branch): readonly SharedEntry[] {
    const { library, log } = this.#setup
    this.#searched++
    try {
      const entries = library.search(shape).slice(0, shape.limit)
      branch.totals.peers = 1
      return entries
    } catch (error) {
      log.warn({ err: error }, 'a query of the network could not be answered')
      branch.totals.partial = true
      return []
    }
  }

  /** Passes a query on, and says what is known here. */
  #begin(run: QueryRun, branch: Branch, step: Step, entries: readonly SharedEntry[]): void {
    const { membership } = this.#setup
    passOn(this.#setup, run, branch, step)
    const answers = hitAnswers(run.id, step.hops, membership.record.signed, entries)
    const last = branch.isPending ? undefined : answers.pop()
    for (const answer of answers) branch.deliver(answer, undefined)
    if (!branch.isPending) {
      branch.deliver(last, branch.totals)
      return
    }
    run.branches.add(branch)
    this.#running.set(run.key, run)
    this.#arm(run, branch, step.timeoutMs)
  }

  /** The branch ends after `ms` at the latest. */
  #arm(run: QueryRun, branch: Branch, ms: number): void {
    branch.timer?.cancel()
    branch.timer = this.#setup.clock.schedule(() => {
      branch.giveUp()
      this.#finish(run, branch)
    }, ms)
  }

  #onAnswer(from: FloodNeighbour, answer: FloodAnswer): void {
    const run = this.#running.get(keyOf(answer.id))
    const branch = run && [...run.branches].find((each) => each.isWaitingFor(from.peerId))
    if (!branch) return
    branch.count(from.peerId, answer, sizeOf(neighbourMessage('answer', answer)))
    const isPassedOn =
      !branch.isCancelled && answer.provider && answer.entries.length > 0 && this.#wants(run, branch, answer)
    const hits = isPassedOn ? answer : undefined
    if (!branch.isPending) this.#finish(run, branch, hits, from.peerId)
    else if (hits) branch.deliver(hits, undefined, from.peerId)
  }

  /** Whether who has asked is told of these hits. A search of this node's own ends by itself when it has enough. */
  #wants({ shape }: QueryRun, branch: Branch, answer: FloodAnswer): boolean {
    if (!branch.from) return true
    const enough = shape.words === undefined ? Number.POSITIVE_INFINITY : MAX_HOLDERS
    return branch.entries < RELAY_FACTOR * shape.limit && branch.wants(answer, enough)
  }

  /** Sends a branch's answers to the neighbour that has asked. */
  #upstream(run: QueryRun, from: FloodNeighbour, branch: () => Branch): Deliver {
    return (hits, end) => {
      const message = answerMessage(run.id, hits, end)
      if (!end) branch().countSent(sizeOf(message))
      from.send(message)
    }
  }

  #finish(run: QueryRun, branch: Branch, hits?: FloodAnswer, through?: string): void {
    this.#drop(run, branch)
    branch.deliver(hits, branch.totals, through)
  }

  /** Passes on that a branch's hits are not wanted any more; its end comes all the same. False when it has ended. */
  #cancel(run: QueryRun, branch: Branch): boolean {
    if (!run.branches.has(branch) || branch.isCancelled) return false
    branch.isCancelled = true
    const { membership } = this.#setup
    const message = neighbourMessage('cancel', create(FloodCancelSchema, { id: run.id }))
    for (const neighbour of membership.neighbours()) {
      if (branch.isWaitingFor(neighbour.peerId) && neighbour.send(message)) branch.countSent(sizeOf(message))
    }
    return true
  }

  #drop(run: QueryRun, branch: Branch): void {
    branch.timer?.cancel()
    run.branches.delete(branch)
    if (run.branches.size === 0) this.#running.delete(run.key)
  }
}
