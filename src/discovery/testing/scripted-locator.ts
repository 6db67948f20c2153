import { ManualClock } from '../../base/clock.ts'
import { silentLogger } from '../../base/log.ts'
import type { SharedEntry } from '../../content/entry.ts'
import { CompoundLocator } from '../compound.ts'
import { LibraryLocator } from '../library-locator.ts'
import type { LocateContext, Locator, LocatorHit, LocatorName, Provider } from '../locator.ts'

/** A locator that plays back what a test says. */
export class ScriptedLocator implements Locator {
  readonly name: LocatorName
  readonly calls: string[] = []
  aborts = 0
  search_: (context: LocateContext) => AsyncIterable<LocatorHit> = async function* () {}
  providers_: (context: LocateContext) => AsyncIterable<Provider> = async function* () {}
  fault: unknown

  constructor(name: LocatorName) {
    this.name = name
  }

  start(): void {
    this.#note('start')
  }

  async announce(entries: readonly SharedEntry[]): Promise<void> {
    this.#note(`announce ${entries.length}`)
  }

  async withdraw(keys: readonly unknown[]): Promise<void> {
    this.#note(`withdraw ${keys.length}`)
  }

  search(_query: unknown, context: LocateContext): AsyncIterable<LocatorHit> {
    context.signal.addEventListener('abort', () => this.aborts++)
    return this.search_(context)
  }

  providers(_cid: string, context: LocateContext): AsyncIterable<Provider> {
    context.signal.addEventListener('abort', () => this.aborts++)
    return this.providers_(context)
  }

  async stop(): Promise<void> {
    this.#note('stop')
  }

  getDebugState() {
    return { calls: this.calls.length }
  }

  #note(call: string): void {
    this.calls.push(call)
    if (this.fault !== undefined) throw this.fault
  }
}

/** Two scripted locators and a library of `own` files, as one, under a clock that stands still. */
export function scriptedCompound(own: SharedEntry[] = []) {
  const index = new ScriptedLocator('index')
  const zone = new ScriptedLocator('zone')
  const clock = new ManualClock()
  const library = new LibraryLocator({ library: { search: ({ limit }) => own.slice(0, limit) } })
  const compound = new CompoundLocator({ locators: [index, zone], library, clock, log: silentLogger })
  return { index, zone, clock, compound }
}

export const peer = (peerId: string, ...addresses: string[]): Provider => ({ peerId, name: '', addresses })
export const hit = (entry: SharedEntry, ...providers: Provider[]): LocatorHit => ({ entry, providers })

export const untilAborted = (signal: AbortSignal) =>
  new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
