import { formatBytes } from '../../base/units.ts'
import type { HitEvent, LocatorReport, SearchDone } from '../client/rest.ts'

/** Most names of holders in the line of a hit. */
const NAMES_SHOWN = 3

/** The hits of one search by CID; tells which of the node's lines say something new. */
export class SearchHits {
  readonly #known = new Map<string, { providers: Set<string>; via: Set<string> }>()

  get size(): number {
    return this.#known.size
  }

  /** Whether this is the first sight of the CID, or has a provider or a locator that was not there before. */
  isNews({ cid, providers, via }: HitEvent): boolean {
    const before = this.#known.get(cid) ?? { providers: new Set<string>(), via: new Set<string>() }
    const grows =
      !this.#known.has(cid) ||
      providers.some(({ peerId }) => !before.providers.has(peerId)) ||
      via.some((name) => !before.via.has(name))
    for (const { peerId } of providers) before.providers.add(peerId)
    for (const name of via) before.via.add(name)
    this.#known.set(cid, before)
    return grows
  }
}

/** Size, holders and locators of a hit, for people. */
export function describeHit({ size, providers, via, kind }: HitEvent): string {
  const names = providers.slice(0, NAMES_SHOWN).map(({ name, peerId }) => name || peerId.slice(-8))
  const more = providers.length - names.length
  const holders = [...names, ...(more > 0 ? [`${more} more`] : [])].join(', ')
  const from = via.includes('library') ? ['here', ...(holders === '' ? [] : [holders])].join(', ') : holders
  const what = kind === 'folder' ? 'folder, ' : ''
  return [`${what}${formatBytes(size)}`, `from ${from || 'nobody reachable'}`, `via ${via.join(', ')}`].join(
    ' · ',
  )
}

/** What each locator found and cost, for people. */
export function describeDone({ hits, ms, via }: SearchDone): string {
  const count = hits === 1 ? '1 hit' : `${hits} hits`
  const parts = Object.entries(via).map(([name, report]) => `${name}: ${describeReport(report)}`)
  return `${count} in ${Math.round(ms)} ms${parts.length > 0 ? ` (${parts.join('; ')})` : ''}`
}

function describeReport({ hits, messages, ms, error }: LocatorReport): string {
  if (error) return 'failed'
  const sent = messages === 1 ? '1 message' : `${messages} messages`
  return messages === 0 ? `${hits}` : `${hits}, ${sent}, ${Math.round(ms)} ms`
}
