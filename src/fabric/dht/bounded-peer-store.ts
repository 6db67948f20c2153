import type { Peer } from '@libp2p/interface'
import type { KadDHTComponents } from '@libp2p/kad-dht'
import type { Clock } from '../../base/clock.ts'
import { MAX_ADDRESS_BYTES, MAX_PEER_ADDRESSES } from './options.ts'

type PeerStore = KadDHTComponents['peerStore']

/** The same addresses of the same peer are stored again after this time only: they come with each of thousands of records. */
const AGAIN_MS = 600_000
/** Peers whose last addresses are remembered for that. */
const REMEMBERED = 512

/**
 * The peer store as kad-dht's handlers see it: what a provider tells of its addresses takes the place of what it told before, and there are not
 * more than {@link MAX_PEER_ADDRESSES}. Merged, as kad-dht has it, they would pile up without end.
 */
export function boundedPeerStore(store: PeerStore, clock: Clock): PeerStore {
  const lately = new Map<string, { text: string; atMs: number; peer: Peer }>()
  const merge: PeerStore['merge'] = async (id, data, options) => {
    if (!data.multiaddrs) return store.merge(id, data, options)
    const multiaddrs = data.multiaddrs
      .filter(({ bytes }) => bytes.length <= MAX_ADDRESS_BYTES)
      .slice(0, MAX_PEER_ADDRESSES)
    const peerId = id.toString()
    const text = multiaddrs.join(' ')
    const last = lately.get(peerId)
    const now = clock.monotonic()
    if (last?.text === text && now - last.atMs < AGAIN_MS) return last.peer
    const peer = await store.patch(id, { ...data, multiaddrs }, options)
    lately.delete(peerId)
    lately.set(peerId, { text, atMs: now, peer })
    const [oldest] = lately.keys()
    if (lately.size > REMEMBERED && oldest !== undefined) lately.delete(oldest)
    return peer
  }
  return new Proxy(store, {
    get(target, name) {
      if (name === 'merge') return merge
      const value: unknown = Reflect.get(target, name)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}
