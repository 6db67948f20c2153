import type { PeerId, PeerInfo } from '@libp2p/interface'
import type { QueryEvent } from '@libp2p/kad-dht'
import type { LookupContext } from './exchange.ts'
import { encodeMessage, FIND_NODE } from './message.ts'
import { wirePeer } from './peers.ts'
import { compareDistance, type Position, positionOf } from './position.ts'

/** Bytes of a length in front of a message. */
const LENGTH_BYTES = 2

/**
 * Follows a look-up of kad-dht to its end, or to the abort of `context.signal`, and counts what it costs. Tells of those who could not be asked. Returns those who answered,
 * nearest to `key` first: when time is up, what is known until then.
 */
export async function followLookup(
  events: AsyncIterable<QueryEvent>,
  key: Uint8Array,
  { signal, cost }: LookupContext,
  onFailure: (peerId: string) => void,
): Promise<PeerId[]> {
  const target = positionOf(key)
  const request = LENGTH_BYTES + encodeMessage({ type: FIND_NODE, key }).length
  const answered = new Map<string, { id: PeerId; position: Position }>()
  try {
    for await (const event of events) {
      if (event.name === 'SEND_QUERY') {
        cost.asked++
        cost.messages++
        cost.bytes += request
      } else if (event.name === 'PEER_RESPONSE') {
        cost.messages++
        cost.bytes += answerBytes(event.closer)
        const { from: id } = event
        answered.set(id.toString(), { id, position: positionOf(id.toMultihash().bytes) })
      } else if (event.name === 'QUERY_ERROR' && !signal.aborted) onFailure(event.from.toString())
    }
  } catch (error) {
    if (!signal.aborted) throw error
  }
  return [...answered.values()]
    .sort((a, b) => compareDistance(target, a.position, b.position))
    .map(({ id }) => id)
}

/** What an answer with these peers takes on the wire; kad-dht does not tell. */
function answerBytes(closer: readonly PeerInfo[]): number {
  const peers = closer.map(({ id, multiaddrs }) => wirePeer(id, multiaddrs))
  return LENGTH_BYTES + encodeMessage({ type: FIND_NODE, closer: peers }).length
}
