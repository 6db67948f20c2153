import type { Logger } from '../base/log.ts'
import type { EntryKey, SharedEntry } from '../content/entry.ts'
import type { CompoundLocator } from '../discovery/compound.ts'

export interface LibraryChange {
  readonly added: readonly SharedEntry[]
  readonly removed: readonly EntryKey[]
}

/**
 * Tells the locators what changes in the library, in order. Locators only note it and work by themselves, so what waits
 * here is short; all of a library is never sent this way but read by each locator from the catalogue.
 */
export class Announcer {
  readonly #locators: Pick<CompoundLocator, 'announce' | 'withdraw'>
  readonly #log: Logger
  readonly #stop = new AbortController()
  #last: Promise<void> = Promise.resolve()

  constructor(locators: Pick<CompoundLocator, 'announce' | 'withdraw'>, log: Logger) {
    this.#locators = locators
    this.#log = log
  }

  tell({ added, removed }: LibraryChange): void {
    this.#last = this.#last.then(async () => {
      try {
        await this.#locators.withdraw(removed, this.#stop.signal)
        await this.#locators.announce(added, this.#stop.signal)
      } catch (error) {
        if (!this.#stop.signal.aborted) this.#log.warn({ err: error }, 'a change was not announced')
      }
    })
  }

  async stop(): Promise<void> {
    this.#stop.abort()
    await this.#last
  }
}
