import type { MessageInitShape } from '@bufbuild/protobuf'
import { ShoalError } from '../../base/errors.ts'
import type { SharedEntry } from '../../content/entry.ts'
import { entryFromWire } from '../../content/entry-wire.ts'
import type { QuerySchema, Entry as WireEntry } from '../../contract/gen/shoal/v1/common_pb.ts'
import type { SearchResponse } from '../../contract/gen/shoal/v1/index_pb.ts'
import {
  type LocateContext,
  type LocateCost,
  type LocatorHit,
  noteRoute,
  type Provider,
  type SearchQuery,
} from '../locator.ts'
import { providerFromWire } from '../provider-wire.ts'
import { reasonOf } from '../reason.ts'
import type { IndexSession } from './session.ts'

export interface AskContext extends LocateContext {
  /** Own PeerId, left out of all answers. */
  readonly self: string
}

/** Most providers asked for; what the contract allows. */
const PROVIDERS_LIMIT = 200
/** A server answers itself, over one link. */
const HOPS_TO_SERVER = 1
/** A server may send one CID in several descriptions, but not without end. */
const MESSAGES_PER_HIT = 10

/**
 * One server's hits. Those that make no sense, or that nobody asked for, are left out, and how many is noted in `cost.problems`.
 * Throws what the call throws, UNAVAILABLE when there is no link.
 */
export async function* askForHits(
  session: Pick<IndexSession, 'label' | 'link'>,
  { query, wire }: { query: SearchQuery; wire: MessageInitShape<typeof QuerySchema> },
  { signal, cost, self }: AskContext,
): AsyncGenerator<LocatorHit, void, undefined> {
  const client = await session.link(signal)
  cost.asked++
  const bad = new BadAnswers(session.label, cost)
  const mostMessages = query.limit * MESSAGES_PER_HIT
  let received = 0
  try {
    for await (const response of client.search({ query: wire }, { signal, meter: cost })) {
      if (++received > mostMessages)
        throw new ShoalError('BAD_RESPONSE', 'It sends more hits than it was asked for.')
      const hit = readHit(response, query, bad)
      if (!hit) continue
      cost.firstHitHops ??= HOPS_TO_SERVER
      for (const { peerId } of hit.providers) noteRoute(cost, peerId, { through: session.label })
      yield { entry: hit.entry, providers: hit.providers.filter(({ peerId }) => peerId !== self) }
    }
  } finally {
    bad.note()
  }
}

/** Whom one server knows to have a CID; otherwise like {@link askForHits}. */
export async function* askForProviders(
  session: Pick<IndexSession, 'label' | 'link'>,
  cid: Uint8Array,
  { signal, cost, self }: AskContext,
): AsyncGenerator<Provider, void, undefined> {
  const client = await session.link(signal)
  cost.asked++
  const bad = new BadAnswers(session.label, cost)
  const { providers } = await client.getProviders({ cid, limit: PROVIDERS_LIMIT }, { signal, meter: cost })
  for (const wire of providers.slice(0, PROVIDERS_LIMIT)) {
    const provider = bad.orElse(() => providerFromWire(wire))
    if (provider && provider.peerId !== self) yield provider
  }
  bad.note()
}

/** What a hit says, as far as it makes sense; undefined when nothing is left of it. */
function readHit({ entry: wire, providers }: SearchResponse, query: SearchQuery, bad: BadAnswers) {
  const entry = bad.orElse(() => readEntry(wire, query))
  const known = providers
    .slice(0, PROVIDERS_LIMIT)
    .map((provider) => bad.orElse(() => providerFromWire(provider)))
    .filter((provider) => provider !== undefined)
  if (providers.length === 0) bad.add(new ShoalError('BAD_RESPONSE', 'A hit that nobody provides came.'))
  return entry && known.length > 0 ? { entry, providers: known } : undefined
}

/** An entry, if it is one that the query asks for. Throws BAD_RESPONSE. */
function readEntry(wire: WireEntry | undefined, query: SearchQuery): SharedEntry {
  if (!wire) throw new ShoalError('BAD_RESPONSE', 'A hit without an entry came.')
  const entry = entryFromWire(wire)
  if (query.cid !== undefined && entry.cid !== query.cid) {
    throw new ShoalError('BAD_RESPONSE', 'A hit with another CID came.')
  }
  if (query.sha256 !== undefined && entry.sha256 !== query.sha256.toLowerCase()) {
    throw new ShoalError('BAD_RESPONSE', 'A hit with another SHA-256 came.')
  }
  return entry
}

/** Collects what was left out of one server's answers. */
class BadAnswers {
  readonly #label: string
  readonly #cost: LocateCost
  #count = 0
  #first = ''

  constructor(label: string, cost: LocateCost) {
    this.#label = label
    this.#cost = cost
  }

  /** What `read` returns; undefined, and counted, when it throws. */
  orElse<T>(read: () => T): T | undefined {
    try {
      return read()
    } catch (error) {
      this.add(error)
      return undefined
    }
  }

  add(error: unknown): void {
    if (this.#count++ === 0) this.#first = reasonOf(error)
  }

  note(): void {
    if (this.#count === 0) return
    this.#cost.problems.push(`index ${this.#label}: ${this.#count} bad answers left out (${this.#first})`)
  }
}
