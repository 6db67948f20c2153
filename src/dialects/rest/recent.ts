/** The newest `limit` keys, with a value each; the oldest make room. */
export class Recent<V> {
  readonly #limit: number
  readonly #kept = new Map<string, V>()

  constructor(limit: number) {
    this.#limit = limit
  }

  get(key: string): V | undefined {
    return this.#kept.get(key)
  }

  has(key: string): boolean {
    return this.#kept.has(key)
  }

  /** As the newest one, in place of what the key had. */
  set(key: string, value: V): void {
    this.#kept.delete(key)
    this.#kept.set(key, value)
    if (this.#kept.size > this.#limit) this.#kept.delete(this.#kept.keys().next().value!)
  }

  delete(key: string): void {
    this.#kept.delete(key)
  }

  /** Oldest first. */
  keys(): string[] {
    return [...this.#kept.keys()]
  }

  /** Oldest first. */
  values(): V[] {
    return [...this.#kept.values()]
  }
}
