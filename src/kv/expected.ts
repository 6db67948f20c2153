import type { Clock } from '../base/clock.ts'
import type { ValueHead } from './order.ts'

/** How long one that said that it would send a record is waited for, ms. */
const WAIT_MS = 5000
const MAX_EXPECTED = 10_000
/** Peers that are told to wait for another; there are fewer holders. */
const MAX_WAITING = 16

interface Wait {
  untilMs: number
  readonly refused: string[]
}

/**
 * Records that were asked for and have not come: of eight holders that offer the same one, one sends it. Nobody is told to wait
 * twice, so one that offers and does not send cannot keep a record away.
 */
export class Expected {
  readonly #clock: Pick<Clock, 'monotonic'>
  /** By version and key; in the order in which they were asked for. */
  readonly #waits = new Map<string, Wait>()

  constructor(clock: Pick<Clock, 'monotonic'>) {
    this.#clock = clock
  }

  /** A peer offers a record that is wanted: true when it is to send it. */
  add({ key, version }: ValueHead, peerId: string): boolean {
    const now = this.#clock.monotonic()
    const id = `${version} ${key}`
    const wait = this.#waits.get(id)
    if (wait && wait.untilMs > now && wait.refused.length < MAX_WAITING && !wait.refused.includes(peerId)) {
      wait.refused.push(peerId)
      return false
    }
    this.#waits.delete(id)
    if (this.#waits.size >= MAX_EXPECTED) this.#waits.delete(this.#waits.keys().next().value!)
    this.#waits.set(id, { untilMs: now + WAIT_MS, refused: wait?.refused ?? [] })
    return true
  }

  /** It has come. */
  remove({ key, version }: ValueHead): void {
    this.#waits.delete(`${version} ${key}`)
  }
}
