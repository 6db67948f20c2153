import type { EntryWriter } from './entry-writer.ts'

/** Entries cleared in one transaction: a few milliseconds, so that a publication never waits long. */
const SLICE = 250

/**
 * Clears shelves that no peer shows, slice by slice, letting everything else that the thread has to do go first.
 * What is left when the process ends is found again at the next start.
 */
export class GarbageCollector {
  readonly #writer: Pick<EntryWriter, 'clear'>
  readonly #shelves = new Set<number>()
  #next: NodeJS.Immediate | undefined

  constructor(writer: Pick<EntryWriter, 'clear'>) {
    this.#writer = writer
  }

  /** Shelves that are not cleared yet. */
  get backlog(): number {
    return this.#shelves.size
  }

  add(shelves: readonly number[]): void {
    for (const shelf of shelves) this.#shelves.add(shelf)
    this.#arm()
  }

  stop(): void {
    this.#shelves.clear()
    clearImmediate(this.#next)
  }

  #arm(): void {
    const [shelf] = this.#shelves
    if (this.#next !== undefined || shelf === undefined) return
    this.#next = setImmediate(() => {
      this.#next = undefined
      // A disk that is full now may not be at the next start: such a shelf is left for then.
      if (this.#clear(shelf)) this.#shelves.delete(shelf)
      this.#arm()
    })
  }

  #clear(shelf: number): boolean {
    try {
      return this.#writer.clear(shelf, SLICE)
    } catch {
      return true
    }
  }
}
