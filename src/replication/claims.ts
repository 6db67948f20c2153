import type { Clock } from '../base/clock.ts'
import type { ReplicaKey } from './replica-set.ts'

/** Claims remembered; the oldest make room. */
const MAX_CLAIMS = 50_000

/** Who may make the copies of a set again while its owner is gone: one at a time, for a while. */
export class Claims {
  readonly #clock: Clock
  readonly #claimMs: number
  readonly #granted = new Map<ReplicaKey, { peerId: string; untilMs: number }>()

  constructor({ clock, claimMs }: { clock: Clock; claimMs: number }) {
    this.#clock = clock
    this.#claimMs = claimMs
  }

  /** Who has the claim now. */
  holder(key: ReplicaKey): string | undefined {
    const granted = this.#granted.get(key)
    if (!granted || granted.untilMs <= this.#clock.monotonic()) return undefined
    return granted.peerId
  }

  /** It is done. */
  release(key: ReplicaKey, peerId: string): void {
    if (this.#granted.get(key)?.peerId === peerId) this.#granted.delete(key)
  }

  /** Takes it for `peerId`, or renews it; false when somebody else has it who is not silent. */
  take(key: ReplicaKey, peerId: string, isSilent: (peerId: string) => boolean): boolean {
    const holder = this.holder(key)
    if (holder !== undefined && holder !== peerId && !isSilent(holder)) return false
    this.#granted.delete(key)
    if (this.#granted.size >= MAX_CLAIMS) this.#granted.delete(this.#granted.keys().next().value!)
    this.#granted.set(key, { peerId, untilMs: this.#clock.monotonic() + this.#claimMs })
    return true
  }
}
