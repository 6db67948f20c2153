import type { Clock } from '../base/clock.ts'
import { ShoalError, toShoalError } from '../base/errors.ts'
import { withDeadline } from '../base/signals.ts'
import { fanIn } from './fan-in.ts'
import { MAX_PROVIDERS, mergeProvider } from './hit-merge.ts'
import { type Locator, type LocatorName, newCost, type Provider } from './locator.ts'

/** A provider with the locators that know it, in the order in which they told. */
export interface FoundProvider extends Provider {
  readonly via: readonly LocatorName[]
}

export interface CompoundProviders {
  readonly cid: string
  readonly locators: readonly Locator[]
  readonly clock: Clock
  readonly timeoutMs: number
  readonly signal: AbortSignal
}

/**
 * Asks all `locators` side by side who has `cid`. Each peer comes once, and again when an address or a locator is added; at
 * most {@link MAX_PROVIDERS} peers. Ends when all are done, at the deadline, or when `signal` aborts. Throws UNAVAILABLE only
 * when every locator failed and nobody was found.
 */
export async function* compoundProviders({
  cid,
  locators,
  clock,
  timeoutMs,
  signal,
}: CompoundProviders): AsyncGenerator<FoundProvider, void, undefined> {
  const deadline = withDeadline(clock, timeoutMs, signal)
  const found = new Map<string, FoundProvider>()
  const failures: string[] = []
  try {
    const sources = new Map(
      locators.map((locator) => [
        locator.name,
        (given: AbortSignal) => locator.providers(cid, { signal: given, cost: newCost() }),
      ]),
    )
    for await (const event of fanIn(sources, deadline.signal)) {
      if (event.type === 'error') failures.push(`${event.source}: ${toShoalError(event.error).message}`)
      if (event.type !== 'item') continue
      const known = found.get(event.item.peerId)
      if (!known && found.size >= MAX_PROVIDERS) continue
      const merged = mergeProvider(known, event.item)
      if (known && merged === known && known.via.includes(event.source)) continue
      const provider = { ...merged, via: [...new Set([...(known?.via ?? []), event.source])] }
      found.set(provider.peerId, provider)
      yield provider
    }
    if (found.size === 0 && failures.length > 0 && failures.length === locators.length) {
      throw new ShoalError('UNAVAILABLE', `Nobody could be asked who has this. ${failures.join('; ')}`)
    }
  } finally {
    deadline[Symbol.dispose]()
  }
}
