import { shuffled } from '../../base/random.ts'
import type { Core } from './core.ts'
import type { Seed } from './types.ts'

/** With fewer peers known each round looks for more. */
const SMALL_TABLE = 64

export interface JoiningHost {
  /** Peers that were found dead lately: they may be back. */
  recentDead(): readonly Seed[]
  /** A round is over: neighbours may be looked for, the zone's peers told. */
  onRound(): void
}

/** How a node gets into the network, and back into it when it has lost its neighbours. */
export class Joining {
  readonly #core: Core
  readonly #host: JoiningHost
  /** Peers were known before the start. */
  readonly #knewPeers: boolean
  #attempt = 0
  #isWarned = false

  constructor(core: Core, host: JoiningHost, knewPeers: boolean) {
    this.#core = core
    this.#host = host
    this.#knewPeers = knewPeers
  }

  /** Joins again soon, unless it does so already. */
  again(): void {
    const { timers, options } = this.#core
    timers.after('join', options.joinRetryMs, () => void this.round())
  }

  async round(): Promise<void> {
    const { setup, options, neighbours, table, timers, record } = this.#core
    if (!this.#core.isRunning) return
    const { minNeighbours, joinRetryMs, joinRetryMaxMs } = options
    const isStuck = neighbours.degree < minNeighbours && this.#attempt > 1
    // Whoever knows enough peers gives them a chance first: seeds are few, and each is asked for all that it knows.
    if (table.size < minNeighbours || isStuck) {
      const seeds = shuffled(setup.random, setup.seeds()).slice(0, 8)
      await Promise.all([...seeds, ...this.#host.recentDead().slice(-8)].map((seed) => this.#visit(seed)))
      if (!this.#core.isRunning) return
      this.#warnIfAlone(seeds)
    }
    const isSmall = table.size < SMALL_TABLE
    if (table.size > 0 && (isSmall || isStuck || (!this.#knewPeers && this.#attempt % 3 === 0))) {
      await this.lookUp(record.point)
      if (!this.#core.isRunning) return
    }
    this.#host.onRound()
    const waitMs = Math.min(joinRetryMaxMs, joinRetryMs * 2 ** Math.min(10, this.#attempt++))
    // The first rounds come soon after another, because others join at the same time.
    const isDone = this.#attempt > 4 && neighbours.degree >= minNeighbours
    if (!isDone) timers.after('join', waitMs * (0.75 + setup.random.float() / 2), () => void this.round())
    else this.#attempt = 0
  }

  /** Asks those closest to `point` until nobody closer turns up (Kademlia's lookup, three at a time). */
  async lookUp(point: number): Promise<void> {
    const { caller, options } = this.#core
    const asked = new Set<string>()
    for (let round = 0; round < 6 && this.#core.isRunning; round++) {
      const next = this.#core
        .closest(point, 8)
        .filter(({ peerId }) => !asked.has(peerId))
        .slice(0, 3)
      if (next.length === 0) return
      await Promise.all(
        next.map(async (record) => {
          asked.add(record.peerId)
          try {
            const request = { near: point, limit: 64 }
            this.#core.learnAll(await caller.getPeers(record, request, options.callTimeoutMs))
          } catch {
            this.#core.reportFailure(record.peerId)
          }
        }),
      )
    }
  }

  /** Says once that a node which was told of others is alone. */
  #warnIfAlone(seeds: readonly Seed[]): void {
    const { setup, table } = this.#core
    const isAlone = seeds.length > 0 && table.size === 0
    if (isAlone && !this.#isWarned) {
      const addresses = seeds.flatMap((seed) => seed.addresses)
      setup.log.warn({ addresses }, 'none of the known peers answers; they are asked again and again')
    }
    this.#isWarned = isAlone
  }

  /** Asks a seed who it is, and whom it knows. */
  async #visit(seed: Seed): Promise<void> {
    const { setup, caller, options, record: own } = this.#core
    if (seed.peerId === own.peerId || seed.addresses.length === 0) return
    try {
      const { record, latencyMs } = await caller.ping(seed, options.callTimeoutMs)
      if (record.peerId === own.peerId || !this.#core.isRunning) return
      this.#core.learn(record, { direct: true })
      this.#core.reportAlive(record.peerId, latencyMs)
      this.#core.learnAll(await caller.getPeers(record, { limit: 0 }, options.callTimeoutMs))
    } catch (error) {
      setup.log.debug({ err: error, addresses: seed.addresses }, 'a seed did not answer')
    }
  }
}
