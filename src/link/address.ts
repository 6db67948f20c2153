import { isIPv4, isIPv6 } from 'node:net'
import { ShoalError } from '../base/errors.ts'

/** Where a link's server listens. */
export interface HostPort {
  /** An IPv4 or IPv6 address (without brackets) or a DNS name. */
  host: string
  /** 1 to 65535. */
  port: number
}

const MAX_ADDRESS_LENGTH = 260
const DNS_NAME =
  /^(?=.{1,253}$)([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?\.?$/i

/**
 * Reads `HOST:PORT`, HOST being an IPv4 address, an IPv6 address in brackets or a DNS name. Throws
 * INVALID_ARGUMENT for anything else: addresses come from other peers, so schemes, paths and user names
 * have no business here.
 */
export function parseAddress(text: string): HostPort {
  const match =
    text.length <= MAX_ADDRESS_LENGTH ? /^(?:\[([^\]]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(text) : null
  const port = Number(match?.[3])
  const host = match?.[1] ?? match?.[2] ?? ''
  const valid = match?.[1] !== undefined ? isIPv6(host) && !host.includes('%') : isIPv4(host) || isName(host)
  if (!valid || !(port >= 1 && port <= 65_535))
    throw new ShoalError('INVALID_ARGUMENT', `This is not HOST:PORT: ${JSON.stringify(text.slice(0, 80))}`)
  return { host, port }
}

const MAX_MULTIADDR_LENGTH = 512

/** Whether an address has the form of a multiaddr, `/ip4/192.0.2.7/tcp/4081`: of use to tunnels only, which read it in full. */
export function isMultiaddr(text: string): boolean {
  return text.length <= MAX_MULTIADDR_LENGTH && /^(\/[A-Za-z0-9._~:%=-]+)+$/.test(text)
}

/**
 * An address of a peer in its one written form: `HOST:PORT` of its gRPC server, or a multiaddr for tunnels. Throws INVALID_ARGUMENT for
 * anything else.
 */
export function normalAddress(text: string): string {
  return isMultiaddr(text) ? text : formatAddress(parseAddress(text))
}

/** `HOST:PORT`, with brackets around an IPv6 address. */
export function formatAddress({ host, port }: HostPort): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

/** The name by which grpc-js resolves an address, with the scheme said so that nothing is guessed. */
export function grpcTarget({ host, port }: HostPort): string {
  const scheme = isIPv4(host) ? 'ipv4' : isIPv6(host) ? 'ipv6' : 'dns'
  return `${scheme}:${formatAddress({ host, port })}`
}

/**
 * An address as sockets report it, in the form people know: IPv4 inside IPv6 (`::ffff:1.2.3.4`) becomes
 * IPv4.
 */
export function plainHost(remoteAddress: string | undefined): string {
  return (remoteAddress ?? '').replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i, '')
}

/** Names that end in a number would be read as IPv4 by some resolvers (`1.2.3`, `0x7f.1`): refused. */
function isName(host: string): boolean {
  return DNS_NAME.test(host) && !/(^|\.)(\d+|0x[0-9a-f]*)\.?$/i.test(host)
}
