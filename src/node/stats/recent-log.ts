import type { LogPage, LogPageOptions } from '../../api/views/stats-view.ts'

/** The last so many rows, each with an id of its own. */
export class RecentLog<Row extends { readonly id: string }> {
  readonly #capacity: number
  /** Oldest first. */
  #rows: Row[] = []

  constructor(capacity: number) {
    this.#capacity = capacity
  }

  add(row: Row): void {
    this.#rows.push(row)
    if (this.#rows.length > this.#capacity) this.#rows.shift()
  }

  has(id: string): boolean {
    return this.#rows.some((row) => row.id === id)
  }

  clear(): void {
    this.#rows = []
  }

  /** Rows older than the one whose id the cursor is, newest first. When that one is gone, so is everything older. */
  page({ limit, cursor }: LogPageOptions): LogPage<Row> {
    const end = cursor === undefined ? this.#rows.length : this.#rows.findIndex(({ id }) => id === cursor)
    if (end <= 0) return { rows: [] }
    const begin = Math.max(0, end - limit)
    const rows = this.#rows.slice(begin, end).reverse()
    return { rows, ...(begin > 0 && { cursor: rows.at(-1)!.id }) }
  }
}
