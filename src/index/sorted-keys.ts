/** A set of texts in order (by code unit), for pages. Adding and removing move memory, not more: 100,000 keys are no trouble. */
export class SortedKeys {
  readonly #keys: string[] = []

  get size(): number {
    return this.#keys.length
  }

  add(key: string): void {
    const at = this.#firstNotBelow(key)
    if (this.#keys[at] !== key) this.#keys.splice(at, 0, key)
  }

  delete(key: string): void {
    const at = this.#firstNotBelow(key)
    if (this.#keys[at] === key) this.#keys.splice(at, 1)
  }

  /** Up to `limit` keys that come after `cursor`; from the beginning when it is undefined. */
  after(cursor: string | undefined, limit: number): string[] {
    let at = cursor === undefined ? 0 : this.#firstNotBelow(cursor)
    if (cursor !== undefined && this.#keys[at] === cursor) at++
    return this.#keys.slice(at, at + limit)
  }

  #firstNotBelow(key: string): number {
    let low = 0
    let high = this.#keys.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#keys[middle]! < key) low = middle + 1
      else high = middle
    }
    return low
  }
}
