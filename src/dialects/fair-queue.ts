/** Keys that wait, taken by turns of their owners: who has many does not hold up who has one. */
export class FairQueue {
  /** By owner, the one whose turn is next first. */
  readonly #waiting = new Map<string, string[]>()

  push(owner: string, key: string): void {
    const keys = this.#waiting.get(owner)
    if (keys) keys.push(key)
    else this.#waiting.set(owner, [key])
  }

  /** The next key of an owner that is not in `busy`; undefined when there is none. */
  take(busy: ReadonlySet<string>): string | undefined {
    for (const [owner, keys] of this.#waiting) {
      if (busy.has(owner)) continue
      const key = keys.shift()
      this.#waiting.delete(owner)
      if (keys.length > 0) this.#waiting.set(owner, keys)
      return key
    }
    return undefined
  }

  remove(owner: string, key: string): void {
    const keys = this.#waiting.get(owner)?.filter((other) => other !== key)
    if (keys === undefined) return
    if (keys.length === 0) this.#waiting.delete(owner)
    else this.#waiting.set(owner, keys)
  }
}
