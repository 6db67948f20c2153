import type { Clock } from '../../base/clock.ts'

/** What a relay says is listened to so long after the last dealing with it, ms. */
const GRACE_MS = 60_000
/** Relays remembered; beyond, the one whose last dealing is the longest ago is forgotten. */
const MAX_RELAYS = 256

/**
 * The relays that this node has to do with: it has or wants a reservation there, or is connected with somebody through it. Others have nothing to
 * say about relaying.
 */
export class RelayDealings {
  readonly #clock: Clock
  /** How much is going on with each, and when it last was. */
  readonly #relays = new Map<string, { held: number; lastMs: number }>()

  readonly #also: ((relayId: string) => boolean)[] = []

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Something was asked of the relay, or has come from it. */
  note(relayId: string): void {
    this.#touch(relayId)
  }

  /** Something goes on with the relay until the returned function is called, once. */
  hold(relayId: string): () => void {
    this.#touch(relayId).held++
    let isHeld = true
    return () => {
      if (!isHeld) return
      isHeld = false
      const dealing = this.#touch(relayId)
      dealing.held = Math.max(0, dealing.held - 1)
    }
  }

  /** Has it that this node deals with a relay also as long as `isWith` says so. */
  alsoWhile(isWith: (relayId: string) => boolean): void {
    this.#also.push(isWith)
  }

  has(relayId: string): boolean {
    if (this.#also.some((isWith) => isWith(relayId))) return true
    const dealing = this.#relays.get(relayId)
    return dealing !== undefined && (dealing.held > 0 || this.#clock.monotonic() - dealing.lastMs < GRACE_MS)
  }

  #touch(relayId: string): { held: number; lastMs: number } {
    const dealing = this.#relays.get(relayId) ?? { held: 0, lastMs: 0 }
    dealing.lastMs = this.#clock.monotonic()
    this.#relays.delete(relayId)
    this.#relays.set(relayId, dealing)
    if (this.#relays.size > MAX_RELAYS) this.#relays.delete(this.#relays.keys().next().value!)
    return dealing
  }
}
