import type { MessageInitShape } from '@bufbuild/protobuf'
import type { Clock } from '../../base/clock.ts'
import { ShoalError } from '../../base/errors.ts'
import { linkSignals } from '../../base/signals.ts'
import type { SharedEntry } from '../../content/entry.ts'
import { entryFromWire } from '../../content/entry-wire.ts'
import { compileQuery, matchText } from '../../content/match.ts'
import type { QuerySchema, Entry as WireEntry } from '../../contract/gen/shoal/v1/common_pb.ts'
import { PeerService } from '../../contract/gen/shoal/v1/peer_pb.ts'
import type { DhtPeer } from '../../fabric/dht/dht.ts'
import type { Links, LinkTarget } from '../../link/rpc.ts'
import { type LocateContext, type LocatorHit, noteRoute, type SearchQuery } from '../locator.ts'

/** What asking a provider needs. */
export interface AskSetup {
  readonly links: Links
  readonly clock: Clock
  /** How links reach a peer that the DHT named. */
  readonly targetOf: (peer: DhtPeer) => NamedTarget
  /** A peer that says nothing for so long is given up, ms. */
  readonly answerMs: number
}

/** What providers are asked. */
export interface Question {
  readonly query: SearchQuery
  readonly wire: MessageInitShape<typeof QuerySchema>
  readonly matches: ReturnType<typeof compileQuery>
}

export const questionOf = (query: SearchQuery, wire: Question['wire']): Question => ({
  ...{ query, wire },
  matches: compileQuery(query),
})

/** How a peer is reached and, when it is known, its name. */
export type NamedTarget = LinkTarget & { readonly name?: string }

/**
 * What one peer itself shares of what is looked for. What it does not share any more it does not tell, whatever the DHT still says.
 *
 * @throws ShoalError UNAVAILABLE, TIMED_OUT, BAD_RESPONSE
 */
export async function* askProvider(
  { links, clock, targetOf, answerMs }: AskSetup,
  peer: DhtPeer,
  { query, wire, matches }: Question,
  { signal, cost }: LocateContext,
): AsyncGenerator<LocatorHit, void, undefined> {
  using life = linkSignals(signal)
  const late = () => life.abort(new ShoalError('TIMED_OUT', `No answer within ${answerMs} ms.`))
  let timer = clock.schedule(late, answerMs)
  const target = targetOf(peer)
  const provider = { peerId: peer.peerId, name: target.name ?? '', addresses: target.addresses }
  cost.asked++
  let received = 0
  try {
    const client = links.connect(PeerService, target)
    const call = { signal: life.signal, meter: cost }
    for await (const { entry: told } of client.searchShared({ query: wire }, call)) {
      timer.cancel()
      const entry = readEntry(told, matches)
      cost.firstHitHops ??= 1
      noteRoute(cost, peer.peerId, { hops: 1 })
      yield { entry, providers: [provider] }
      // One CID may be shared under several paths, but there is an end to everything.
      if (++received >= MAX_PATHS * query.limit) return
      timer = clock.schedule(late, answerMs)
    }
    if (life.signal.aborted && !signal.aborted) throw life.signal.reason
  } finally {
    timer.cancel()
  }
}

/** Entries taken from one peer for each CID that is wanted. */
const MAX_PATHS = 10

function readEntry(told: WireEntry | undefined, matches: Question['matches']): SharedEntry {
  if (!told) throw new ShoalError('BAD_RESPONSE', 'A hit without an entry came.')
  const entry = entryFromWire(told)
  if (!matches(entry, matchText(entry.path))) {
    throw new ShoalError('BAD_RESPONSE', 'A hit came that nobody asked for.')
  }
  return entry
}
