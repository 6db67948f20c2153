import { PeerService } from '../../contract/gen/shoal/v1/peer_pb.ts'
import { reasonOf } from '../../discovery/reason.ts'
import type { LinkPool } from '../../link/pool.ts'
import { peerTarget } from '../process.ts'
import type { ConfiguredPeer } from './facts.ts'

/** Configured peers that are called, the first ones, all at once. */
export const MAX_ASKED = 64
/** Longest wait for one answer, ms: a relayed link takes several round trips to be made. */
const ASK_MS = 4500

export interface AskPeers {
  readonly pool: Pick<LinkPool, 'connect'>
  /** Who calls. */
  readonly self: () => { readonly name: string; readonly addresses: readonly string[] }
}

/** Calls the configured peers, at most {@link MAX_ASKED} of them. Never rejects. */
export function askPeers(
  addresses: readonly string[],
  { pool, self }: AskPeers,
  signal: AbortSignal,
): Promise<ConfiguredPeer[]> {
  return Promise.all(
    addresses.slice(0, MAX_ASKED).map(async (address) => {
      try {
        const { name, addresses: own } = self()
        const client = pool.connect(PeerService, peerTarget(address))
        await client.hello({ name, addresses: [...own] }, { signal, timeoutMs: ASK_MS })
        return { address, problem: undefined }
      } catch (error) {
        return { address, problem: reasonOf(error) }
      }
    }),
  )
}
