import type { EntryKey, SharedEntry } from '../content/entry.ts'

/**
 * The port through which Shoal finds things. Each architecture (index, zone, flood, dht) is one implementation; all
 * pass the compliance suite in locator-compliance.ts.
 */
export interface Locator {
  readonly name: LocatorName

  /** Connects and keeps connected in the background. Returns at once: a locator that is down never blocks the node. */
  start(): void

  /** Makes entries findable. Resolves when they are, or when the locator has noted to do it as soon as it can. */
  announce(entries: readonly SharedEntry[], signal?: AbortSignal): Promise<void>

  /** Takes entries back; the same promise as {@link announce}. */
  withdraw(keys: readonly EntryKey[], signal?: AbortSignal): Promise<void>

  /**
   * Streams hits until the limit, the end, or an abort of `context.signal`; an abort ends the work upstream too. The same CID may
   * come more than once with other providers. Throws only when nothing could be asked (UNAVAILABLE, TIMED_OUT, …).
   */
  search(query: SearchQuery, context: LocateContext): AsyncIterable<LocatorHit>

  /** Streams peers that have `cid`, without this node itself; a peer may come more than once. Errors as in {@link search}. */
  providers(cid: string, context: LocateContext): AsyncIterable<Provider>

  /** Says goodbye, so that nothing of this node is found any more, and stops all background work. */
  stop(): Promise<void>

  /** A snapshot for people who look for a fault; JSON values only, no secrets. */
  getDebugState(): Record<string, unknown>
}

export const LOCATOR_NAMES = ['index', 'zone', 'flood', 'dht'] as const

/** What searches ask besides: `library` is the node's own catalogue, `dialects` what clients of other systems hold. Neither is announced to. */
export const OWN_SOURCES = ['library', 'dialects'] as const

/** `library` is asked in every search, never enabled or disabled; `dialects` where the node speaks some. */
export type LocatorName = (typeof LOCATOR_NAMES)[number] | (typeof OWN_SOURCES)[number]

/** A peer that has all or part of a CID, and how to reach it. */
export interface Provider {
  readonly peerId: string
  /** The name its owner gave it, for people; proves nothing. */
  readonly name: string
  /** HOST:PORT of its gRPC server, and multiaddrs for tunnels, best first; may be empty when only the PeerId is known. */
  readonly addresses: readonly string[]
}

/** What is looked for: all that is set must hold; at least one of words, sha256 and cid is set. */
export interface SearchQuery {
  /** Words as typed; a trailing `*` makes the last one a prefix. */
  readonly words?: string
  /** Hex. */
  readonly sha256?: string
  /** Text form. */
  readonly cid?: string
  /** Most different CIDs wanted. */
  readonly limit: number
}

export interface LocatorHit {
  readonly entry: SharedEntry
  /** May be empty for the node's own files. */
  readonly providers: readonly Provider[]
}

/** What the caller of a search hands in, and where the locator notes what it costs. */
export interface LocateContext {
  readonly signal: AbortSignal
  readonly cost: LocateCost
}

/** Counted by the locator while it works, read by the caller when it is done. A link's meter, so it can be handed to calls as one. */
export interface LocateCost {
  /** Messages that really went over links for this search, both ways; of a flood those of all peers that it reached, as they told. */
  messages: number
  /** Their encoded bytes. */
  bytes: number
  /** Peers, and index servers, whose answer was asked for. */
  asked: number
  /** Links between this node and the peer that answered with the first hit; 0 for what was known here, undefined without a hit. */
  firstHitHops: number | undefined
  /** Why the locator stopped before it had asked all that it could; undefined when it did not. */
  stopped: StopReason | undefined
  /** Faults that did not stop the search, for people: one of two index servers down, say. */
  problems: string[]
  /** UUIDs of the queries that went from neighbour to neighbour for it. */
  readonly queryIds: string[]
  /** How it is known that a peer has something, by PeerId; see {@link noteRoute}. */
  readonly routes: Map<string, AnswerRoute>
}

/** How an answer came. */
export interface AnswerRoute {
  /** Links to the peer, as far as it was told. */
  readonly hops?: number
  /** Who told of it: the neighbour by which the answer came, the member of the zone, or the index server (its address). */
  readonly through?: string
}

/** Routes kept for one search. */
const MAX_ROUTES = 200

/** Notes how this peer's answer came; the first way stays. */
export function noteRoute({ routes }: LocateCost, peerId: string, route: AnswerRoute): void {
  if (routes.size < MAX_ROUTES && !routes.has(peerId)) routes.set(peerId, route)
}

/** `limit`: enough was found. `partial`: somebody did not answer in time. `ttl`: there may be peers further off. */
export type StopReason = 'limit' | 'partial' | 'ttl'

export const newCost = (): LocateCost => ({
  messages: 0,
  bytes: 0,
  asked: 0,
  firstHitHops: undefined,
  stopped: undefined,
  problems: [],
  queryIds: [],
  routes: new Map(),
})

/** Where a locator reads all that the node shares, when it has to tell it again (new session, re-publication). */
export interface EntrySource {
  /** Changes whenever the set of entries does. At most 64 bytes. */
  revision(): string
  /** All entries in batches of at most 1000. */
  batches(): Iterable<readonly SharedEntry[]>
}
