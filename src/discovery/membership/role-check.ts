import { shuffled } from '../../base/random.ts'
import { isMultiaddr } from '../../link/address.ts'
import type { Core } from './core.ts'

const FIRST_MS = 500
const AGAIN_MS = 1000

/** Whether others can call this node decides what it is: a member, or a leaf. */
export class RoleCheck {
  readonly #core: Core
  #refusals = 0

  constructor(core: Core) {
    this.#core = core
  }

  /** Soon: with each new neighbour, who sees the node from elsewhere, and when somebody thinks it dead. */
  want(): void {
    this.#core.timers.within('role', FIRST_MS, () => void this.#check())
  }

  async #check(): Promise<void> {
    const { setup, neighbours, prober, options, timers, record } = this.#core
    const helpers = shuffled(setup.random, neighbours.list).slice(0, 2)
    // Reached through others' relays it would only put a burden on them.
    const addresses = record.addresses.filter((address) => !isMultiaddr(address))
    const isReachable =
      addresses.length > 0 && helpers.length > 0 && (await prober.askOthers(record, helpers))
    if (!this.#core.isRunning || (helpers.length === 0 && addresses.length > 0)) return
    this.#refusals = isReachable ? 0 : this.#refusals + 1
    const current = this.#core.record.role
    const role = isReachable ? 'member' : this.#refusals >= 2 || addresses.length === 0 ? 'leaf' : current
    if (role !== current) this.#core.renew({ role })
    const isDoubtful = this.#refusals === 1 && role === 'member'
    timers.after('role', isDoubtful ? AGAIN_MS : options.roleCheckMs, () => void this.#check())
  }
}
