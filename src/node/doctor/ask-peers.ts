import { Limiter } from '../../base/limiter.ts'
import { PeerService } from '../../contract/gen/shoal/v1/peer_pb.ts'
import { reasonOf } from '../../discovery/reason.ts'
import type { LinkPool } from '../../link/pool.ts'
import { peerTarget } from '../process.ts'
import type { ConfiguredPeer } from './facts.ts'

/** Configured peers that are called, the first ones; and so many at a time. */
const MAX_ASKED = 32
const AT_ONCE = 8
/** Longest wait for one answer, ms. */
const ASK_MS = 3000

export interface AskPeers {
  readonly pool: Pick<LinkPool, 'connect'>
  /** Who calls. */
  readonly self: () => { readonly name: string; readonly addresses: readonly string[] }
}

/** Calls each configured peer. */
export function askPeers(
  addresses: readonly string[],
  { pool, self }: AskPeers,
  signal: AbortSignal,
): Promise<ConfiguredPeer[]> {
  const limiter = new Limiter(AT_ONCE)
  const ask = async (address: string): Promise<ConfiguredPeer> => {
    try {
      const { name, addresses: own } = self()
      const client = pool.connect(PeerService, peerTarget(address))
      await client.hello({ name, addresses: [...own] }, { signal, timeoutMs: ASK_MS })
      return { address, problem: undefined }
    } catch (error) {
      return { address, problem: reasonOf(error) }
    }
  }
  return Promise.all(
    addresses
      .slice(0, MAX_ASKED)
      .map((address) =>
        limiter.run(() => ask(address), signal).catch((error) => ({ address, problem: reasonOf(error) })),
      ),
  )
}
