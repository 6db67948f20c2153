import type { IndexService, PeerSession } from '../../contract/gen/shoal/v1/index_pb.ts'
import type { Client } from '../../link/rpc.ts'
import type { Provider } from '../locator.ts'
import { providerFromWire } from '../provider-wire.ts'

/** A peer that an index server says is online. */
export interface SeenPeer {
  readonly provider: Provider
  /** Ms since the epoch, not in the future. */
  readonly lastSeenMs: number
}

export interface ListPeersOptions {
  readonly maxPeers: number
  readonly callTimeoutMs: number
  /** Wall clock, ms. */
  readonly now: number
  readonly signal: AbortSignal
}

const PAGE_SIZE = 500

/**
 * The peers online, page by page, at most `maxPeers`; those that make no sense are left out. A server that goes on giving empty
 * pages is left after as many pages as the peers should take.
 */
export async function listPeers(
  client: Pick<Client<typeof IndexService>, 'listPeers'>,
  { maxPeers, callTimeoutMs, now, signal }: ListPeersOptions,
): Promise<SeenPeer[]> {
  const peers: SeenPeer[] = []
  let cursor = ''
  for (let page = 0; page < Math.ceil(maxPeers / PAGE_SIZE) && peers.length < maxPeers; page++) {
    const limit = Math.min(PAGE_SIZE, maxPeers - peers.length)
    const answer = await client.listPeers({ limit, cursor }, { signal, timeoutMs: callTimeoutMs })
    for (const session of answer.peers.slice(0, limit)) {
      const peer = seenPeer(session, now)
      if (peer) peers.push(peer)
    }
    cursor = answer.cursor
    if (cursor === '') break
  }
  return peers
}

function seenPeer({ peer, lastSeenMs }: PeerSession, now: number): SeenPeer | undefined {
  try {
    const provider = peer && providerFromWire(peer)
    return provider && { provider, lastSeenMs: Math.min(Math.max(Number(lastSeenMs), 0), now) }
  } catch {
    return undefined
  }
}
