import type { SearchEvent } from '../../api/node-port.ts'
import { ShoalError } from '../../base/errors.ts'
import type { SharedEntry } from '../../content/entry.ts'

/** One content that a search found. */
export interface Gathered {
  readonly entry: SharedEntry
  /** Peers that have it. */
  readonly providers: number
}

/**
 * All that a search finds, each CID once, in the order of its first sight.
 *
 * @throws CANCELLED when the search was left; UNAVAILABLE when no locator could be asked and nothing was found; what the search throws
 */
export async function gather(events: AsyncIterable<SearchEvent>): Promise<Gathered[]> {
  const found = new Map<string, Gathered>()
  for await (const event of events) {
    if (event.type === 'hit') {
      found.set(event.entry.cid, { entry: event.entry, providers: event.providers.length })
      continue
    }
    if (event.reason === 'cancelled') throw new ShoalError('CANCELLED')
    const errors = Object.values(event.via).map(({ error }) => error)
    if (found.size > 0 || errors.includes(undefined)) continue
    const why = errors.map((error) => error?.message ?? '').join(' ')
    throw new ShoalError('UNAVAILABLE', `Nobody could be asked. ${why}`.trim())
  }
  return [...found.values()]
}
