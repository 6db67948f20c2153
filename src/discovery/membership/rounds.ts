import type { Core } from './core.ts'
import type { Exchange } from './exchange.ts'
import type { Liveness } from './liveness.ts'
import type { Repair } from './repair.ts'

/** Share of the peers known that came back between two rounds: the network was parted. */
const MANY_RETURNED = 0.2
/** Rounds at the beginning in which neighbours are mixed, and how often that is done later. */
const MIXING = 2
const MIX_EVERY = 20

interface Doing {
  readonly exchange: Exchange
  readonly liveness: Liveness
  readonly repair: Repair
}

/** What a node does every now and then: exchanges records, looks for one of the dead, mixes its neighbours. */
export class Rounds {
  readonly #core: Core
  readonly #doing: Doing
  #count = 0

  constructor(core: Core, doing: Doing) {
    this.#core = core
    this.#doing = doing
  }

  /** @param knewPeers the neighbours that it takes at first are of many: they need no mixing */
  start(knewPeers: boolean): void {
    if (knewPeers) this.#count = MIXING
    const { options, setup, timers } = this.#core
    timers.after('gossip', options.gossipMs * (0.2 + setup.random.float()), () => this.#round())
  }

  #round(): void {
    const { options, setup, table, timers } = this.#core
    const { exchange, liveness, repair } = this.#doing
    const ms = options.gossipMs * (0.75 + setup.random.float() / 2)
    timers.after('gossip', ms, () => this.#round())
    exchange.round()
    const dead = exchange.pick(liveness.recentDead)
    if (dead) void liveness.revisit(dead)
    // Two halves of a network that find each other have few links between them.
    if (liveness.takeReturned() > MANY_RETURNED * table.size) this.#count = 0
    // Soon after joining it matters most: the first neighbours are of the few peers that are known then.
    if (this.#count < MIXING || this.#count % MIX_EVERY === 0) repair.mix()
    this.#count++
  }
}
