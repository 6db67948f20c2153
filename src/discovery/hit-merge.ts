import type { SharedEntry } from '../content/entry.ts'
import type { LocatorHit, LocatorName, Provider } from './locator.ts'

/** Providers kept for one CID: more than any download reads from at once. */
export const MAX_PROVIDERS = 200
/** Addresses kept for one provider; the contract lets a peer tell at most 16. */
export const MAX_ADDRESSES = 16

/** Other names kept for one CID: who looks for a file by its name has one of them in mind. */
export const MAX_OTHER_NAMES = 16

/** All that is known of one CID so far. */
export interface MergedHit {
  /** As the first who told of it described it. */
  readonly entry: SharedEntry
  /** Names under which others told of it, if there are any. */
  readonly otherNames?: readonly string[]
  /** Each peer once. */
  readonly providers: readonly Provider[]
  /** The locators that found it, in the order in which they did. */
  readonly via: readonly LocatorName[]
}

/**
 * `hit`, found by `via`, added to what is known of its CID. Returns undefined when it tells nothing new, so that the
 * caller shows a CID again only when there is something to show. The entry of the first hit stays: names are claims, and one
 * that changes under the reader's eyes is no better than the first.
 */
export function mergeHit(
  known: MergedHit | undefined,
  hit: LocatorHit,
  via: LocatorName,
): MergedHit | undefined {
  if (!known) return { entry: hit.entry, providers: mergeProviders([], hit.providers), via: [via] }
  const providers = mergeProviders(known.providers, hit.providers)
  const isKnownVia = known.via.includes(via)
  const otherNames = mergeNames(known, hit.entry.name)
  if (providers === known.providers && isKnownVia && otherNames === known.otherNames) return undefined
  return {
    ...{ entry: known.entry, providers, via: isKnownVia ? known.via : [...known.via, via] },
    ...(otherNames && { otherNames }),
  }
}

/** The other names with this one, or those that were known when it is nothing new. */
function mergeNames({ entry, otherNames = [] }: MergedHit, name: string): readonly string[] | undefined {
  const isNew = name !== entry.name && !otherNames.includes(name) && otherNames.length < MAX_OTHER_NAMES
  if (isNew) return [...otherNames, name]
  return otherNames.length > 0 ? otherNames : undefined
}

/**
 * `more` added to `known`: each peer once, addresses united, at most {@link MAX_PROVIDERS} (the first stay). Returns
 * `known` itself when nothing is new.
 */
export function mergeProviders(known: readonly Provider[], more: readonly Provider[]): readonly Provider[] {
  const byPeer = new Map(known.map((provider) => [provider.peerId, provider]))
  let isChanged = false
  for (const provider of more) {
    const before = byPeer.get(provider.peerId)
    if (!before && byPeer.size >= MAX_PROVIDERS) continue
    const after = mergeProvider(before, provider)
    if (after === before) continue
    byPeer.set(provider.peerId, after)
    isChanged = true
  }
  return isChanged ? [...byPeer.values()] : known
}

/**
 * Two descriptions of one peer as one: the known name unless it was empty, the known addresses first, then the new ones, at most
 * {@link MAX_ADDRESSES}. Returns `known` itself when nothing is new.
 */
export function mergeProvider(known: Provider | undefined, next: Provider): Provider {
  if (!known) return { ...next, addresses: [...new Set(next.addresses)].slice(0, MAX_ADDRESSES) }
  const addresses = [...new Set([...known.addresses, ...next.addresses])].slice(0, MAX_ADDRESSES)
  const name = known.name || next.name
  if (name === known.name && addresses.length === known.addresses.length) return known
  return { peerId: known.peerId, name, addresses }
}

/** What one locator hears of, each CID again when something is added to it, `limit` different ones at most. */
export async function* mergedHits(
  hits: AsyncIterable<LocatorHit>,
  via: LocatorName,
  limit: number,
): AsyncGenerator<LocatorHit, void, undefined> {
  const found = new Map<string, MergedHit>()
  for await (const hit of hits) {
    const { cid } = hit.entry
    if (!found.has(cid) && found.size >= limit) continue
    const merged = mergeHit(found.get(cid), hit, via)
    if (!merged) continue
    found.set(cid, merged)
    yield { entry: merged.entry, providers: merged.providers }
  }
}

/** Each peer once, and again when something is added to it. */
export async function* mergedProviders(
  providers: AsyncIterable<Provider>,
): AsyncGenerator<Provider, void, undefined> {
  const found = new Map<string, Provider>()
  for await (const provider of providers) {
    const known = found.get(provider.peerId)
    const merged = mergeProvider(known, provider)
    if (merged === known) continue
    found.set(merged.peerId, merged)
    yield merged
  }
}
