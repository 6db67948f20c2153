import type { Multiaddr } from '@multiformats/multiaddr'
import { ipOf, isRelayed, scopeOf, withPeerId } from './multiaddrs.ts'

/**
 * The addresses to tell others, of those that libp2p has verified and those that it listens on. Public ones are told before anybody has
 * confirmed them: a relay that waited for that would give its first clients addresses without itself. Loopback ones are told only when
 * there is nothing else, and link-local ones never: they need a zone that means nothing elsewhere. Each ends with the PeerId.
 */
export function announcedMultiaddrs(
  verified: readonly Multiaddr[],
  listening: readonly Multiaddr[],
  peerId: string,
): Multiaddr[] {
  const all = new Map(
    [...verified, ...listening].map((each) => withPeerId(each, peerId)).map((each) => [String(each), each]),
  )
  const usable = [...all.values()].filter((address) => !isLinkLocal(address))
  const others = usable.filter((address) => !isLoopback(address))
  return others.length > 0 ? others : usable
}

function isLoopback(address: Multiaddr): boolean {
  const ip = ipOf(address)
  return ip !== undefined && !isRelayed(address) && scopeOf(ip) === 'loopback'
}

const isLinkLocal = (address: Multiaddr): boolean => /^(fe80:|169\.254\.)/i.test(ipOf(address) ?? '')
