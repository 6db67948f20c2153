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

/** What each locator found and cost, for people: one line for all, then one a locator. */
export function describeDone({ hits, ms, via }: SearchDone): string[] {
  const parts = Object.entries(via).map(([name, report]) => `  ${name}: ${describeReport(name, report)}`)
  return [`${counted(hits, 'hit')} in ${Math.round(ms)} ms`, ...parts]
}

/** Why a locator stopped before it was done, for people. */
const STOPPED: Partial<Record<NonNullable<LocatorReport['stopped']>, string>> = {
  limit: 'stopped at the limit',
  timeout: 'the time was up',
  partial: 'not everybody answered',
  ttl: 'there may be more further off',
}

function describeReport(name: string, report: LocatorReport): string {
  const { hits, messages, ms, asked, bytes, firstHitHops, stopped, error } = report
  const cost = [
    counted(messages, 'message'),
    `${counted(asked, name === 'index' ? 'server' : 'peer')} asked`,
    ...(firstHitHops ? [`first hit after ${counted(firstHitHops, 'hop')}`] : []),
    formatBytes(bytes),
    `${Math.round(ms)} ms`,
  ]
  const result = error ? 'failed' : counted(hits, 'hit')
  const why = !error && stopped && STOPPED[stopped]
  return [result, ...(messages > 0 ? cost : []), ...(why ? [why] : [])].join(', ')
}

const counted = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`
