import type { Clock } from '../../base/clock.ts'

/** Peers to whom holes are punched at the same time, by this side's will. */
const AT_ONCE = 4
/** Wishes of others that are followed in a minute: each has this node connect to an address that somebody named. */
const FOLLOWED_A_MINUTE = 30
/** After a failure, doubled each time. Which routers there are seldom changes. */
const FIRST_REST_MS = 10 * 60_000
const MAX_REST_MS = 6 * 3_600_000
const MAX_REMEMBERED = 1000

/** How often holes are punched. */
export class PunchPace {
  readonly #clock: Pick<Clock, 'monotonic'>
  readonly #running = new Set<string>()
  readonly #failed = new Map<string, { count: number; notBeforeMs: number }>()
  #followed = 0
  #minute = 0

  constructor(clock: Pick<Clock, 'monotonic'>) {
    this.#clock = clock
  }

  /** Whether it is time to try with this peer; {@link end} has to be called then. */
  begin(peerId: string): boolean {
    if (this.#running.has(peerId) || this.#running.size >= AT_ONCE) return false
    if ((this.#failed.get(peerId)?.notBeforeMs ?? 0) > this.#clock.monotonic()) return false
    this.#running.add(peerId)
    return true
  }

  end(peerId: string, isStraight: boolean): void {
    this.#running.delete(peerId)
    const count = (this.#failed.get(peerId)?.count ?? 0) + 1
    this.#failed.delete(peerId)
    if (isStraight) return
    const restMs = Math.min(MAX_REST_MS, FIRST_REST_MS * 2 ** (count - 1))
    this.#failed.set(peerId, { count, notBeforeMs: this.#clock.monotonic() + restMs })
    if (this.#failed.size > MAX_REMEMBERED) this.#failed.delete(this.#failed.keys().next().value!)
  }

  /** Whether another side's wish is followed. */
  mayFollow(): boolean {
    const minute = Math.floor(this.#clock.monotonic() / 60_000)
    if (minute !== this.#minute) this.#followed = 0
    this.#minute = minute
    return this.#followed++ < FOLLOWED_A_MINUTE
  }
}
