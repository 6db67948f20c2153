import type { Clock, Timer } from '../base/clock.ts'
import { abortable, type LinkedSignal, withDeadline } from '../base/signals.ts'
import { keyBytes } from './key.ts'
import { type KvOptions, REPLICAS } from './options.ts'
import { newest } from './order.ts'
import type { ClosestNodes, KvPeer } from './ports.ts'
import { isReadOver, type ReadProgress } from './read-rule.ts'
import type { ValueRecord } from './record.ts'
import type { ValueCalls } from './value-calls.ts'

export interface SurveySetup {
  readonly key: string
  /** What this node keeps under the key. */
  readonly local: ValueRecord | undefined
  /** That most have nothing is answer enough: for who only wants to know the version. */
  readonly absentIsEnough: boolean
  readonly closest: ClosestNodes
  readonly calls: ValueCalls
  readonly clock: Clock
  readonly options: Pick<KvOptions, 'findTimeoutMs' | 'readTimeoutMs' | 'graceMs'>
  /** Aborts when the store stops. */
  readonly stopping: AbortSignal
}

/** Those known have so long to show that they are the right ones, ms; then others are looked for while they go on. */
const KNOWN_MS = 400

/**
 * Asks the nodes closest to a key what they have: those that this node knows at once, then those that the network finds. It is
 * over when {@link isReadOver} says so; answers that come later still count for repair, until all are in.
 */
export class Survey {
  /** Resolves when the newest record so far is the answer. */
  readonly over: Promise<void>
  /** Resolves when nothing more comes. Never rejects. */
  readonly settled: Promise<void>
  readonly #setup: SurveySetup
  readonly #life: LinkedSignal
  readonly #isResponsible: boolean
  readonly #asked = new Map<string, Promise<void>>()
  readonly #answers = new Map<string, ValueRecord | undefined>()
  readonly #resolveOver: () => void
  #targets: KvPeer[] = []
  #found = false
  #failed = 0
  #firstMs: number | undefined
  #grace: Timer | undefined

  constructor(setup: SurveySetup) {
    this.#setup = setup
    const { clock, options, stopping, closest, key } = setup
    const { promise, resolve } = Promise.withResolvers<void>()
    this.over = promise
    this.#resolveOver = resolve
    this.#life = withDeadline(clock, options.readTimeoutMs, stopping)
    this.#isResponsible = closest.isResponsible(keyBytes(key), REPLICAS)
    this.settled = this.#run().catch(() => this.#end())
  }

  /** The closest nodes, closest first, without this one; complete when the survey is over. */
  get targets(): readonly KvPeer[] {
    return this.#targets
  }

  /** This node is one of the closest. */
  get isResponsible(): boolean {
    return this.#isResponsible
  }

  /** The newest valid record so far. */
  get best(): ValueRecord | undefined {
    return newest([this.#setup.local, ...this.#answers.values()])
  }

  /** Who could be asked and what they have, by PeerId. */
  get answers(): ReadonlyMap<string, ValueRecord | undefined> {
    return this.#answers
  }

  /** Somebody whose word counts said what there is, this node too when it is one of the closest; or there is nobody to ask. */
  get isTold(): boolean {
    return this.#isResponsible || this.#answers.size > 0 || this.#asked.size === 0
  }

  /** Ends all calls. */
  cancel(): void {
    this.#life.abort()
  }

  async #run(): Promise<void> {
    const { closest, key, local } = this.#setup
    const { signal } = this.#life
    const onAbort = () => this.#end()
    signal.addEventListener('abort', onAbort, { once: true })
    if (signal.aborted) onAbort()
    try {
      if (local) this.#noteRecord()
      const known = closest.known(keyBytes(key), REPLICAS)
      this.#targets = known
      this.#ask(known)
      if (await this.#isKnownBy(known)) this.#targets = this.#without(known)
      else {
        this.#targets = this.#without(await this.#find(known))
        this.#ask(this.#targets)
      }
      this.#found = true
      this.#look()
      await Promise.all(this.#asked.values())
    } finally {
      this.#end()
      signal.removeEventListener('abort', onAbort)
      this.#life[Symbol.dispose]()
    }
  }

  /**
   * Whether most of the peers that this node takes for the closest have a record: then they are, and to look for closer ones would cost
   * more than all the rest. Who only wants to know the version is about to write, and looks.
   */
  async #isKnownBy(known: readonly KvPeer[]): Promise<boolean> {
    const { absentIsEnough, clock } = this.#setup
    if (absentIsEnough || known.length === 0) return false
    const { promise, resolve } = Promise.withResolvers<boolean>()
    const timer = clock.schedule(() => resolve(false), KNOWN_MS)
    let holders = 0
    let open = known.length
    for (const { peerId } of known) {
      void this.#asked.get(peerId)!.then(() => {
        open--
        if (this.#answers.get(peerId)) holders++
        if (holders > known.length / 2) resolve(true)
        else if (holders + open <= known.length / 2) resolve(false)
      })
    }
    try {
      return await promise
    } finally {
      timer.cancel()
    }
  }

  /** Those of the closest that others are: one place is this node's own when it is one of them. */
  #without(peers: readonly KvPeer[]): KvPeer[] {
    return peers.slice(0, REPLICAS - (this.#isResponsible ? 1 : 0))
  }

  async #find(known: KvPeer[]): Promise<KvPeer[]> {
    const { closest, key, clock, options } = this.#setup
    using limited = withDeadline(clock, options.findTimeoutMs, this.#life.signal)
    const finding = closest.find(keyBytes(key), REPLICAS, limited.signal)
    const found = await abortable(finding, limited.signal).catch(() => known)
    return found.length > 0 ? found : known
  }

  #ask(peers: readonly KvPeer[]): void {
    for (const peer of peers)
      if (!this.#asked.has(peer.peerId)) this.#asked.set(peer.peerId, this.#askOne(peer))
  }

  async #askOne(peer: KvPeer): Promise<void> {
    try {
      const record = await this.#setup.calls.get(peer, this.#setup.key, this.#life.signal)
      this.#answers.set(peer.peerId, record)
      if (record) this.#noteRecord()
    } catch {
      this.#failed++
    }
    this.#look()
  }

  #noteRecord(): void {
    if (this.#firstMs !== undefined) return
    const { clock, options } = this.#setup
    this.#firstMs = clock.monotonic()
    this.#grace = clock.schedule(() => this.#look(), options.graceMs)
  }

  #look(): void {
    const { options, absentIsEnough, clock } = this.#setup
    const own = this.#isResponsible ? 1 : 0
    const progress: ReadProgress = {
      found: this.#found,
      asked: this.#asked.size + own,
      answered: this.#answers.size + own,
      failed: this.#failed,
      sinceRecordMs: this.#firstMs === undefined ? undefined : clock.monotonic() - this.#firstMs,
    }
    if (isReadOver(progress, { graceMs: options.graceMs, absentIsEnough })) this.#end()
  }

  #end(): void {
    this.#grace?.cancel()
    this.#resolveOver()
  }
}
