import type { Clock } from '../../base/clock.ts'

/** Remembers what came, for a while and up to a number: what came first is forgotten first. */
export class SeenCache<V> {
  readonly #clock: Pick<Clock, 'monotonic'>
  readonly #max: number
  readonly #ms: number
  readonly #items = new Map<string, { readonly value: V; readonly atMs: number }>()

  /** @param ms how long a thing is remembered */
  constructor(clock: Pick<Clock, 'monotonic'>, max: number, ms: number) {
    this.#clock = clock
    this.#max = max
    this.#ms = ms
  }

  get size(): number {
    return this.#items.size
  }

  get(key: string): V | undefined {
    const item = this.#items.get(key)
    return item && item.atMs + this.#ms > this.#clock.monotonic() ? item.value : undefined
  }

  /** Remembers `value` from now on, and forgets what is too old or too much. */
  set(key: string, value: V): void {
    const now = this.#clock.monotonic()
    this.#items.delete(key)
    this.#items.set(key, { value, atMs: now })
    for (const [oldest, { atMs }] of this.#items) {
      if (this.#items.size <= this.#max && atMs + this.#ms > now) break
      this.#items.delete(oldest)
    }
  }
}
