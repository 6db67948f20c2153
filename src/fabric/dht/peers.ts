import { isIPv4 } from 'node:net'
import type { PeerId } from '@libp2p/interface'
import { peerIdFromMultihash, peerIdFromString } from '@libp2p/peer-id'
import { type Multiaddr, multiaddr } from '@multiformats/multiaddr'
import * as Digest from 'multiformats/hashes/digest'
import { ipOf, isRelayed, readableMultiaddrs, scopeOf, withoutPeerId, withPeerId } from '../multiaddrs.ts'
import type { WirePeer } from './message.ts'
import { MAX_PEER_ADDRESSES } from './options.ts'
import { type Position, positionOf } from './position.ts'

/** A peer of the DHT. */
export interface DhtPeer {
  readonly peerId: string
  /** Multiaddrs as text, without the PeerId at their end; may be empty. */
  readonly addresses: readonly string[]
}

/** Where a peer lies, by its PeerId as text. */
export function peerPosition(peerId: string): Position {
  return positionOf(peerIdFromString(peerId).toMultihash().bytes)
}

/** A peer as a message named it; undefined when its PeerId cannot be read. Addresses that cannot be read are left out. */
export function readPeer({ id, addresses }: WirePeer): DhtPeer | undefined {
  let peerId: string
  try {
    peerId = peerIdFromMultihash(Digest.decode(id)).toString()
  } catch {
    return undefined
  }
  const read = new Set<string>()
  for (const bytes of addresses) {
    try {
      read.add(withoutPeerId(multiaddr(bytes), peerId).toString())
    } catch {
      // Left out, as the doc comment says.
    }
  }
  return { peerId, addresses: [...read] }
}

/** Addresses as the peer store has them, in the form of {@link DhtPeer}. */
export function addressTexts(
  peerId: string,
  addresses: readonly { readonly multiaddr: Multiaddr }[],
): string[] {
  return addresses
    .slice(0, MAX_PEER_ADDRESSES)
    .map((address) => withoutPeerId(address.multiaddr, peerId).toString())
}

/** The form in which messages name this peer. */
export function wirePeer(peerId: PeerId, addresses: readonly Multiaddr[]): WirePeer {
  return {
    id: peerId.toMultihash().bytes,
    addresses: addresses
      .slice(0, MAX_PEER_ADDRESSES)
      .map((address) => withoutPeerId(address, peerId.toString()).bytes),
  }
}

/** What libp2p dials to get to a peer: its addresses, or what libp2p itself knows of the PeerId. */
export function dialTarget({ peerId, addresses }: DhtPeer): PeerId | Multiaddr[] {
  const read = readableMultiaddrs(addresses)
  return read.length > 0 ? read.map((address) => withPeerId(address, peerId)) : peerIdFromString(peerId)
}

/** The public network that a peer says it is in: `/24` of IPv4, `/48` of IPv6. Its relays' networks are not its own. Undefined without one. */
export function subnetOf({ addresses }: DhtPeer): string | undefined {
  for (const address of readableMultiaddrs(addresses)) {
    const ip = isRelayed(address) ? undefined : ipOf(address)
    if (ip === undefined || scopeOf(ip) !== 'public') continue
    if (isIPv4(ip)) return ip.split('.').slice(0, 3).join('.')
    return ipv6Groups(ip).slice(0, 3).join(':')
  }
  return undefined
}

/**
 * `peers` without repetition, and no more than `most` of one public subnet: a host that makes up identities is but one voice. Peers of a
 * local network are all in one subnet and are not counted.
 */
export function diverse(peers: readonly DhtPeer[], most: number): DhtPeer[] {
  const counts = new Map<string, number>()
  const seen = new Set<string>()
  return peers.filter((peer) => {
    if (seen.has(peer.peerId)) return false
    seen.add(peer.peerId)
    const subnet = subnetOf(peer)
    if (subnet === undefined) return true
    const count = (counts.get(subnet) ?? 0) + 1
    counts.set(subnet, count)
    return count <= most
  })
}

/** The eight groups of an IPv6 address, without leading zeros. */
function ipv6Groups(ip: string): string[] {
  const [head = '', tail] = ip.toLowerCase().split('::')
  const groups = (text: string) => (text === '' ? [] : text.split(':'))
  const before = groups(head)
  const after = groups(tail ?? '')
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - before.length - after.length)
  return [...before, ...Array<string>(zeros).fill('0'), ...after].map((group) =>
    group.replace(/^0+(?=.)/, ''),
  )
}
