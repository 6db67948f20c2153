import type { Clock } from '../base/clock.ts'
import { ShoalError } from '../base/errors.ts'
import { Limiter } from '../base/limiter.ts'
import type { Logger } from '../base/log.ts'
import type { Random } from '../base/random.ts'
import { abortable, linkSignals } from '../base/signals.ts'
import { verify as verifySignature } from '../link/peer-id.ts'
import type { Links } from '../link/rpc.ts'
import type { ValueStore } from '../storage/value-store.ts'
import { Copies } from './copies.ts'
import { Courier } from './courier.ts'
import { valueHandlers } from './handlers.ts'
import { Holder } from './holder.ts'
import { Keeper } from './keeper.ts'
import { checkKey, checkValue } from './key.ts'
import { DEFAULT_KV_OPTIONS, type KvOptions } from './options.ts'
import type { ClosestNodes, Signer, ValueHandlers, Verify } from './ports.ts'
import { type PutResult, Putter } from './putter.ts'
import type { ValueRecord } from './record.ts'
import { staleOf } from './repair.ts'
import { Survey } from './survey.ts'
import { Turns } from './turns.ts'
import { ValueCalls } from './value-calls.ts'

export type { PutResult } from './putter.ts'

export interface KeyValueStoreSetup {
  /** The node's identity. */
  readonly signer: Signer
  readonly store: ValueStore
  readonly closest: ClosestNodes
  readonly links: Links
  readonly clock: Clock
  readonly random: Random
  readonly log: Logger
  /** Default: Ed25519 against the key in the PeerId. */
  readonly verify?: Verify
  readonly options?: Partial<KvOptions>
}

/** For each put or read that runs, so many may wait: each is done in a second or so. */
const WAITING = 10
/** Repairs after reads that run at once, and that wait; more are left to the keepers of the nodes concerned. */
const REPAIRS = 8
const MAX_WAITING_REPAIRS = 64

/** The replicated key-value store, as one node takes part in it. */
export class KeyValueStore {
  /** What other peers call here. */
  readonly handlers: ValueHandlers
  readonly #setup: KeyValueStoreSetup
  readonly #options: KvOptions
  readonly #holder: Holder
  readonly #copies: Copies
  readonly #calls: ValueCalls
  readonly #courier: Courier
  readonly #keeper: Keeper
  readonly #putter: Putter
  readonly #puts: Turns
  readonly #reads: Turns
  readonly #repairs = new Limiter(REPAIRS)
  readonly #stopping = new AbortController()
  readonly #background = new Set<Promise<void>>()
  #repaired = 0

  constructor(setup: KeyValueStoreSetup) {
    this.#setup = setup
    const { signer, store, closest, links, clock, random, verify = verifySignature } = setup
    const log = setup.log.child({ module: 'kv' })
    const options = { ...DEFAULT_KV_OPTIONS, ...setup.options }
    const stopping = this.#stopping.signal
    const holder = new Holder({ store, self: signer.peerId, limits: options, clock })
    const copies = new Copies(clock, { forgetMs: options.reconfirmMs, maxKeys: options.maxRecords })
    const calls = new ValueCalls({ links, verify, clock, callTimeoutMs: options.callTimeoutMs })
    const courier = new Courier({ holder, copies, calls, log })
    this.#options = options
    this.#holder = holder
    this.#copies = copies
    this.#calls = calls
    this.#courier = courier
    this.#keeper = new Keeper({
      ...{ store, holder, copies, courier, closest, signer, clock, random, log, options, stopping },
    })
    this.#putter = new Putter({
      ...{ signer, holder, copies, calls, clock, stopping, graceMs: options.graceMs },
      survey: (key) => this.#survey(key, true),
    })
    this.#puts = new Turns(options.maxPuts, WAITING * options.maxPuts)
    this.#reads = new Turns(options.maxReads, WAITING * options.maxReads)
    this.handlers = valueHandlers({ holder, copies, verify, clock })
  }

  /** Begins to renew and to replicate. */
  start(): void {
    this.#keeper.start()
  }

  /** Ends all that runs; puts and reads fail with CANCELLED. */
  async stop(): Promise<void> {
    this.#stopping.abort(new ShoalError('CANCELLED', 'The node is stopping.'))
    await this.#keeper.stop()
    await Promise.all(this.#background)
  }

  /**
   * Stores a value at the nodes closest to its key, above the newest version that can be found, and renews it as long as this node
   * runs. Resolves when at least one other node has it, or this one when there is no other.
   *
   * @throws ShoalError INVALID_ARGUMENT, TOO_LARGE, NO_SPACE, CONFLICT, RATE_LIMITED, BUSY, UNAVAILABLE; the signal's reason
   */
  async put(key: string, value: Uint8Array, { signal }: { signal: AbortSignal }): Promise<PutResult> {
    checkKey(key)
    checkValue(value)
    using life = linkSignals(signal, this.#stopping.signal)
    // Of two puts of one key the second must find the first.
    return await this.#puts.run(key, () => this.#putter.put(key, value, life.signal), life.signal)
  }

  /**
   * The newest value that the closest nodes have; stale and missing copies are mended afterwards.
   *
   * @throws ShoalError INVALID_ARGUMENT, NOT_FOUND, BUSY, UNAVAILABLE (nobody who should know answered); the signal's reason
   */
  async get(key: string, { signal }: { signal: AbortSignal }): Promise<ValueRecord> {
    checkKey(key)
    using life = linkSignals(signal, this.#stopping.signal)
    return await this.#reads.run(undefined, () => this.#read(key, life.signal), life.signal)
  }

  getDebugState(): Record<string, unknown> {
    const { refused, evicted } = this.#holder
    const { offered, sent, pulled, failures } = this.#courier
    return {
      ...this.#holder.totals(),
      ...{ refused, evicted, repaired: this.#repaired, copiesKnown: this.#copies.size },
      keeper: this.#keeper.getDebugState(),
      courier: { offered, sent, pulled, failures },
    }
  }

  async #read(key: string, signal: AbortSignal): Promise<ValueRecord> {
    const survey = this.#survey(key, false)
    try {
      await abortable(survey.over, signal)
    } catch (error) {
      survey.cancel()
      throw error
    }
    const { best } = survey
    this.#inBackground(this.#mend(key, survey))
    if (best) return best
    if (!survey.isTold)
      throw new ShoalError('UNAVAILABLE', 'None of the nodes closest to this key answered. Try again later.')
    throw new ShoalError('NOT_FOUND', 'There is no value under this key.')
  }

  #survey(key: string, absentIsEnough: boolean): Survey {
    const { closest, clock } = this.#setup
    const survey = new Survey({
      ...{ key, absentIsEnough, closest, clock, calls: this.#calls, options: this.#options },
      local: this.#holder.get(key),
      stopping: this.#stopping.signal,
    })
    this.#inBackground(survey.settled)
    return survey
  }

  /** Gives the newest record to those of the closest that have an older one or none, this node too. */
  async #mend(key: string, survey: Survey): Promise<void> {
    await survey.settled
    const { best, targets, answers } = survey
    if (!best || this.#stopping.signal.aborted) return
    if (survey.isResponsible || this.#holder.facts(key)) this.#holder.accept([best])
    const mending = staleOf(best, targets, answers).map(async (peer) => {
      if (this.#repairs.waiting >= MAX_WAITING_REPAIRS) return
      const [outcome] = await this.#repairs.run(() => this.#calls.store(peer, [best], this.#stopping.signal))
      if (outcome?.kind === 'stored') this.#repaired++
    })
    await Promise.allSettled(mending)
  }

  #inBackground(work: Promise<void>): void {
    const task = work
      .catch((error) => this.#setup.log.debug({ err: error }, 'mending copies of a value failed'))
      .finally(() => this.#background.delete(task))
    this.#background.add(task)
  }
}
