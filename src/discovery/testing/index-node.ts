import { systemClock } from '../../base/clock.ts'
import { silentLogger } from '../../base/log.ts'
import { systemRandom } from '../../base/random.ts'
import { createIdentity } from '../../link/identity.ts'
import { LinkPool } from '../../link/pool.ts'
import { IndexLocator, type IndexLocatorOptions } from '../index-locator.ts'
import type { LocatorMember } from './compliance-world.ts'
import { SharedSet } from './shared-set.ts'

/** A node with nothing but an index locator. */
export interface IndexNode extends LocatorMember {
  readonly locator: IndexLocator
  readonly source: SharedSet
  /** Addresses that it tells; a test may change them. */
  readonly addresses: string[]
  /** Peers that it heard of, by PeerId, with when they were seen. */
  readonly peers: Map<string, number>
  close(): Promise<void>
}

/** Starts one that knows `servers`. It settles and retries faster than in earnest. */
export function startIndexNode(
  servers: readonly string[],
  options: Partial<IndexLocatorOptions> = {},
): IndexNode {
  const identity = createIdentity()
  const common = { clock: systemClock, random: systemRandom, log: silentLogger }
  const pool = new LinkPool({ ...common, identity, options: { backoff: { baseMs: 20, maxMs: 40 } } })
  const source = new SharedSet()
  const peers = new Map<string, number>()
  const addresses = ['127.0.0.1:9']
  const { peerId } = identity
  const locator = new IndexLocator({
    ...common,
    ...{ servers, pool, source },
    self: () => ({ peerId, name: `node ${peerId.slice(-4)}`, addresses, version: '0', grpcPort: 0 }),
    onPeer: (peer, lastSeenMs) => peers.set(peer.peerId, lastSeenMs),
    options: { settleMs: 50, checkMs: 100, retry: { baseMs: 20, maxMs: 100 }, ...options },
  })
  locator.start()
  return {
    ...{ peerId, locator, source, addresses, peers },
    async share(entries) {
      const { added, removed } = source.set(entries)
      await locator.withdraw(removed)
      await locator.announce(added)
    },
    kill: () => pool.close(),
    async close() {
      await locator.stop()
      await pool.close()
    },
  }
}
