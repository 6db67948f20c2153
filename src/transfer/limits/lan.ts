import { BlockList, isIP, isIPv4 } from 'node:net'
import { plainHost } from '../../link/address.ts'

/** RFC 1918, RFC 3927, RFC 4193, RFC 4291 section 2.5.6, loopback. Not RFC 6598: behind a provider's NAT are other customers. */
const LAN = new BlockList()
LAN.addSubnet('10.0.0.0', 8)
LAN.addSubnet('172.16.0.0', 12)
LAN.addSubnet('192.168.0.0', 16)
LAN.addSubnet('169.254.0.0', 16)
LAN.addSubnet('127.0.0.0', 8)
LAN.addSubnet('fc00::', 7, 'ipv6')
LAN.addSubnet('fe80::', 10, 'ipv6')
LAN.addAddress('::1', 'ipv6')

/**
 * Whether the other end of a link is on the local network.
 *
 * @param address of the other end: an IP address, HOST:PORT or a multiaddr. Empty, a DNS name, a relayed multiaddr and anything that cannot be
 * read count as far away: a limit then holds that should not, rather than the other way round.
 */
export function isLanAddress(address: string): boolean {
  // Through a relay the bytes leave the local network, wherever the relay is.
  if (address.includes('/p2p-circuit')) return false
  const host = plainHost(hostOf(address).replace(/%.*$/, ''))
  if (isIP(host) === 0) return host === 'localhost'
  return LAN.check(host, isIPv4(host) ? 'ipv4' : 'ipv6')
}

/** Whether the other end is on this machine. @param address as of {@link isLanAddress} */
export function isLoopback(address: string): boolean {
  const host = plainHost(hostOf(address))
  return host === 'localhost' || host === '::1' || /^127\./.test(host)
}

function hostOf(address: string): string {
  const multiaddr = /^\/ip[46]\/([^/]+)/.exec(address)
  if (multiaddr) return multiaddr[1]!
  if (isIP(address) !== 0) return address
  return /^\[([^\]]+)\]:\d+$/.exec(address)?.[1] ?? address.replace(/:\d+$/, '')
}
