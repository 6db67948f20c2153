import { ShoalError } from '../base/errors.ts'
import { formatAddress, type HostPort, isMultiaddr, parseAddress, plainHost } from '../link/address.ts'
import { INDEX_LIMITS } from './options.ts'

/** True for addresses that only programs on the same machine can reach. */
export function isLoopback(host: string): boolean {
  const bare = plainHost(host).toLowerCase().replace(/\.$/, '')
  return bare === 'localhost' || bare.endsWith('.localhost') || bare === '::1' || /^127\./.test(bare)
}

const isUnspecified = (host: string) => host === '::' || /^0\./.test(host)

export interface GivenAddresses {
  /** HOST:PORT and multiaddrs as the peer tells them, best first. */
  readonly given: readonly string[]
  /** The peer's host as the server sees it; empty when it is not known. */
  readonly observedHost: string
  /** Port of the peer's gRPC server; 0 when not known. */
  readonly grpcPort: number
}

/**
 * The addresses to store for a peer: its own, without those that nobody can connect to, and the observed one: first when none of
 * its own has that host, last when one has.
 *
 * @throws ShoalError INVALID_ARGUMENT for more than 16 addresses, or one that is neither HOST:PORT nor a multiaddr
 */
export function peerAddresses({ given, observedHost, grpcPort }: GivenAddresses): string[] {
  if (given.length > INDEX_LIMITS.addresses) {
    throw new ShoalError('INVALID_ARGUMENT', `At most ${INDEX_LIMITS.addresses} addresses are taken.`)
  }
  if (!Number.isInteger(grpcPort) || grpcPort < 0 || grpcPort > 65_535) {
    throw new ShoalError('INVALID_ARGUMENT', 'A port is a whole number up to 65535.')
  }
  const own = given
    .filter((text) => !isMultiaddr(text))
    .map(readAddress)
    .filter((address) => !isUnspecified(address.host))
  const observed = plainHost(observedHost)
  const texts = own.map(formatAddress)
  if (observed && grpcPort > 0) {
    const text = formatAddress({ host: observed, port: grpcPort })
    if (own.some((address) => address.host === observed)) texts.push(text)
    else texts.unshift(text)
  }
  return [...new Set([...texts, ...given.filter(isMultiaddr)])]
}

const hostOf = (text: string) => (isMultiaddr(text) ? (text.split('/')[2] ?? '') : parseAddress(text).host)

function readAddress(text: string): HostPort {
  const { host, port } = parseAddress(text)
  return { host: plainHost(host.toLowerCase()), port }
}

/** The addresses that a requester at `requesterHost` can use: loopback ones only for a requester on loopback. */
export function addressesFor(requesterHost: string, addresses: readonly string[]): string[] {
  if (isLoopback(requesterHost)) return [...addresses]
  return addresses.filter((text) => !isLoopback(hostOf(text)))
}

/** What a rate limit for a caller without identity is kept by: the IPv4 address, or the /64 of an IPv6 one, which is what one household gets. */
export function rateKey(host: string): string {
  const bare = plainHost(host).replace(/%.*$/, '')
  if (!bare.includes(':')) return bare
  const [head = '', tail] = bare.split('::')
  const front = head === '' ? [] : head.split(':')
  const back = tail ? tail.split(':') : []
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - front.length - back.length)
  const groups = [...front, ...Array.from({ length: zeros }, () => '0'), ...back]
  return `${groups
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ''))
    .join(':')}::/64`
}
