import type { Peer, PeerId } from '@libp2p/interface'
import type { KadDHTComponents } from '@libp2p/kad-dht'
import type { Clock } from '../../base/clock.ts'
import { MAX_ADDRESS_BYTES, MAX_PEER_ADDRESSES } from './options.ts'

type PeerStore = KadDHTComponents['peerStore']
type Options = Parameters<PeerStore['get']>[1]

/** The same addresses of the same peer are stored again after this time only: they come with each of thousands of records. */
const AGAIN_MS = 600_000
/** What was read is read again after this time: a server reads of 20 peers for every question. */
const FRESH_MS = 10_000
/** Peers remembered for either. */
const REMEMBERED = 2_000

/**
 * The peer store as kad-dht sees it. What a provider tells of its addresses takes the place of what it told before, and there are not
 * more than {@link MAX_PEER_ADDRESSES}: merged, as kad-dht has it, they would pile up without end. What is read often is kept at
 * hand: libp2p's store locks and decodes each time, and that is most of what answering a question takes.
 */
export function kadPeerStore(store: PeerStore, events: KadDHTComponents['events'], clock: Clock): PeerStore {
  const told = new Lately<{ text: string; peer: Peer }>(clock, AGAIN_MS)
  const read = new Lately<Peer>(clock, FRESH_MS)
  events.addEventListener('peer:update', ({ detail }) => read.delete(detail.peer.id.toString()))
  const get = async (id: PeerId, options?: Options): Promise<Peer> => {
    const peerId = id.toString()
    const known = read.get(peerId)
    if (known) return known
    const peer = await store.get(id, options)
    if (peer.addresses.length > 0) read.set(peerId, peer)
    return peer
  }
  const merge: PeerStore['merge'] = async (id, data, options) => {
    const peerId = id.toString()
    if (!data.multiaddrs) {
      read.delete(peerId)
      return store.merge(id, data, options)
    }
    const multiaddrs = data.multiaddrs
      .filter(({ bytes }) => bytes.length <= MAX_ADDRESS_BYTES)
      .slice(0, MAX_PEER_ADDRESSES)
    const text = multiaddrs.join(' ')
    const last = told.get(peerId)
    if (last?.text === text) return last.peer
    const peer = await store.patch(id, { ...data, multiaddrs }, options)
    told.set(peerId, { text, peer })
    read.set(peerId, peer)
    return peer
  }
  const getInfo: PeerStore['getInfo'] = async (id, options) => {
    const peer = await get(id, options)
    return { id: peer.id, multiaddrs: peer.addresses.map(({ multiaddr }) => multiaddr) }
  }
  const replaced: Partial<PeerStore> = { get, getInfo, merge }
  return new Proxy(store, {
    get(target, name) {
      const own: unknown = Reflect.get(replaced, name)
      const value: unknown = own ?? Reflect.get(target, name)
      return typeof value === 'function' && !own ? value.bind(target) : value
    },
  })
}

/** Values by PeerId for a while; the oldest goes when there are too many. */
class Lately<T> {
  readonly #clock: Clock
  readonly #ms: number
  readonly #values = new Map<string, { value: T; atMs: number }>()

  constructor(clock: Clock, ms: number) {
    this.#clock = clock
    this.#ms = ms
  }

  get(peerId: string): T | undefined {
    const known = this.#values.get(peerId)
    return known && this.#clock.monotonic() - known.atMs < this.#ms ? known.value : undefined
  }

  set(peerId: string, value: T): void {
    this.#values.delete(peerId)
    this.#values.set(peerId, { value, atMs: this.#clock.monotonic() })
    const [oldest] = this.#values.keys()
    if (this.#values.size > REMEMBERED && oldest !== undefined) this.#values.delete(oldest)
  }

  delete(peerId: string): void {
    this.#values.delete(peerId)
  }
}
