/** Rows of numbers, the last so many; a new one takes the place of the oldest. Its memory is taken once. */
export class StepRing {
  readonly #columns: readonly Float64Array[]
  readonly #capacity: number
  #pushed = 0

  /** @param width numbers in a row */
  constructor({ capacity, width }: { capacity: number; width: number }) {
    this.#capacity = capacity
    this.#columns = Array.from({ length: width }, () => new Float64Array(capacity))
  }

  /** Rows that are there. */
  get length(): number {
    return Math.min(this.#pushed, this.#capacity)
  }

  push(row: readonly number[]): void {
    const at = this.#pushed % this.#capacity
    for (const [i, column] of this.#columns.entries()) column[at] = row[i] ?? 0
    this.#pushed++
  }

  /** Numbers of one column, the oldest first. */
  column(index: number): number[] {
    const { length } = this
    const column = this.#columns[index]!
    return Array.from({ length }, (_, i) => column[(this.#pushed - length + i) % this.#capacity]!)
  }
}
