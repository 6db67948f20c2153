import type { SharedEntry } from '../../content/entry.ts'
import type { LocateContext, Locator, LocatorHit, Provider, SearchQuery } from '../locator.ts'
import { newCost } from '../locator.ts'

/** One node of a test network. */
export interface LocatorMember {
  readonly peerId: string
  /** Started. */
  readonly locator: Locator
  /** Makes `entries` all that this node shares: changes its source, then withdraws and announces the difference. */
  share(entries: readonly SharedEntry[]): Promise<void>
  /** Ends the node as kill -9 would. Resolves when the others have had the time to notice that the implementation promises. */
  kill(): Promise<void>
}

/** What an implementation need not find; it says UNAVAILABLE instead. */
export type Inability = 'a prefix alone'

/** A test network of one implementation. */
export interface LocatorWorld {
  readonly cannot?: readonly Inability[]
  readonly members: readonly LocatorMember[]
  /** Resolves when all that members shared so far can be found, and what they withdrew cannot. */
  settle(): Promise<void>
  /** Stops what still runs and leaves nothing behind. */
  close(): Promise<void>
}

export type MakeWorld = (members: number) => Promise<LocatorWorld>

/** Long enough for a loaded machine, short enough to notice a search that does not end. */
const SEARCH_TIMEOUT_MS = 30_000

/** A context for one call, with its cost to be read afterwards. */
export function newContext(signal: AbortSignal = AbortSignal.timeout(SEARCH_TIMEOUT_MS)): LocateContext {
  return { signal, cost: newCost() }
}

/** All hits, the providers of each CID together. */
export async function find(
  { locator }: LocatorMember,
  query: Omit<SearchQuery, 'limit'> & { limit?: number },
  context: LocateContext = newContext(),
): Promise<Map<string, LocatorHit & { peerIds: Set<string> }>> {
  const found = new Map<string, LocatorHit & { peerIds: Set<string> }>()
  for await (const hit of locator.search({ limit: 100, ...query }, context)) {
    const peerIds = found.get(hit.entry.cid)?.peerIds ?? new Set()
    for (const { peerId } of hit.providers) peerIds.add(peerId)
    found.set(hit.entry.cid, { ...hit, peerIds })
  }
  context.signal.throwIfAborted()
  return found
}

/** Names of all files found, in alphabetical order. */
export async function findNames(
  member: LocatorMember,
  query: Omit<SearchQuery, 'limit'> & { limit?: number },
): Promise<string[]> {
  return [...(await find(member, query)).values()].map(({ entry }) => entry.name).sort()
}

/** All providers by PeerId. */
export async function findProviders({ locator }: LocatorMember, cid: string): Promise<Map<string, Provider>> {
  const context = newContext()
  const found = new Map<string, Provider>()
  for await (const provider of locator.providers(cid, context)) found.set(provider.peerId, provider)
  context.signal.throwIfAborted()
  return found
}
