import type { EntryKey, SharedEntry } from '../../content/entry.ts'

/** What has to be told next; nothing stands in both. */
export interface Changes {
  readonly announced: readonly SharedEntry[]
  readonly withdrawn: readonly EntryKey[]
}

/**
 * Changes that wait to be told to one server. The last change of an entry counts. When there are more than `capacity`, all
 * are forgotten and {@link Outbox.isOverflown} says that everything has to be told anew.
 */
export class Outbox {
  readonly capacity: number
  #changes = new Map<string, SharedEntry | WithdrawnKey>()
  #isOverflown = false

  constructor(capacity: number) {
    this.capacity = capacity
  }

  get size(): number {
    return this.#changes.size
  }

  get isOverflown(): boolean {
    return this.#isOverflown
  }

  announce(entries: readonly SharedEntry[]): void {
    for (const entry of entries) this.#put(entry)
  }

  withdraw(keys: readonly EntryKey[]): void {
    for (const { cid, path } of keys) this.#put(new WithdrawnKey(cid, path))
  }

  /** Takes all that waits. */
  take(): Changes {
    const changes = [...this.#changes.values()]
    this.#changes.clear()
    return {
      announced: changes.filter((change): change is SharedEntry => !(change instanceof WithdrawnKey)),
      withdrawn: changes.filter((change) => change instanceof WithdrawnKey),
    }
  }

  /** Gives back what {@link Outbox.take} took and could not be told; what has changed again since then counts more. */
  restore({ announced, withdrawn }: Changes): void {
    const newer = this.#changes
    this.#changes = new Map()
    this.announce(announced)
    this.withdraw(withdrawn)
    for (const change of newer.values()) this.#put(change)
  }

  /** Forgets all, because everything is about to be told. */
  reset(): void {
    this.#changes.clear()
    this.#isOverflown = false
  }

  #put(change: SharedEntry | WithdrawnKey): void {
    if (this.#isOverflown) return
    this.#changes.set(`${change.cid}\0${change.path}`, change)
    if (this.#changes.size <= this.capacity) return
    this.#changes.clear()
    this.#isOverflown = true
  }
}

class WithdrawnKey implements EntryKey {
  readonly cid: string
  readonly path: string

  constructor(cid: string, path: string) {
    this.cid = cid
    this.path = path
  }
}
