import type { Clock } from '../base/clock.ts'
import { ShoalError } from '../base/errors.ts'
import { Emitter } from '../base/events.ts'

/** What the owner has said of a peer that fetches. */
export type UploadRule =
  /** Waits until it is resumed. */
  | { readonly state: 'paused' }
  /** Is told no, for so long. */
  | { readonly state: 'refused'; readonly leftMs: number }

/** Most peers that are paused or refused at once; further ones are an error. */
export const MAX_RULES = 1000

/** How long a peer is refused, ms. */
export const REFUSE_MS = 10 * 60_000

/** Which peers are not served because the owner says so. In memory only: a restart forgets it. */
export class UploadRules {
  /** PeerId of whom it is about. */
  readonly changed = new Emitter<string>()
  readonly #clock: Clock
  /** The end of a refusal, of a monotonic clock; undefined: paused. */
  readonly #untilMs = new Map<string, number | undefined>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  of(peerId: string): UploadRule | undefined {
    if (!this.#untilMs.has(peerId)) return undefined
    const untilMs = this.#untilMs.get(peerId)
    if (untilMs === undefined) return { state: 'paused' }
    const leftMs = untilMs - this.#clock.monotonic()
    return leftMs > 0 ? { state: 'refused', leftMs } : undefined
  }

  isPaused(peerId: string): boolean {
    return this.of(peerId)?.state === 'paused'
  }

  /** What a peer is told that is refused; undefined for all others. */
  refusalOf(peerId: string): ShoalError | undefined {
    const rule = this.of(peerId)
    if (rule?.state !== 'refused') return undefined
    const minutes = Math.max(1, Math.round(rule.leftMs / 60_000))
    return new ShoalError(
      'PERMISSION_DENIED',
      `The owner of this peer does not let you fetch from it for the next ${minutes} min.`,
    )
  }

  /** Any other rule is gone. @throws CONFLICT when there are too many */
  pause(peerId: string): void {
    this.#set(peerId, undefined)
  }

  /** For {@link REFUSE_MS} from now on; any other rule is gone. @throws CONFLICT when there are too many */
  refuse(peerId: string): void {
    this.#set(peerId, this.#clock.monotonic() + REFUSE_MS)
  }

  /** Is served again. */
  lift(peerId: string): void {
    if (this.#untilMs.delete(peerId)) this.changed.emit(peerId)
  }

  list(): (UploadRule & { readonly peerId: string })[] {
    return [...this.#untilMs.keys()].flatMap((peerId) => {
      const rule = this.of(peerId)
      return rule ? [{ peerId, ...rule }] : []
    })
  }

  #set(peerId: string, untilMs: number | undefined): void {
    for (const each of this.#untilMs.keys()) if (!this.of(each)) this.#untilMs.delete(each)
    if (!this.#untilMs.has(peerId) && this.#untilMs.size >= MAX_RULES)
      throw new ShoalError(
        'CONFLICT',
        `${MAX_RULES} peers are paused or refused already. Resume some of them first.`,
      )
    this.#untilMs.set(peerId, untilMs)
    this.changed.emit(peerId)
  }
}
