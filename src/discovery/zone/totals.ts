/** How many entries were under keys asked for lately: helps to ask for the rarest word next time. */
export class KeyTotals {
  readonly #totals = new Map<string, number>()
  readonly #most: number

  constructor(most = 500) {
    this.#most = most
  }

  note(key: string, total: number): void {
    this.#totals.delete(key)
    this.#totals.set(key, total)
    if (this.#totals.size > this.#most) this.#totals.delete(this.#totals.keys().next().value!)
  }

  get(key: string): number | undefined {
    return this.#totals.get(key)
  }
}
