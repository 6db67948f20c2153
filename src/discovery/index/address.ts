import { ShoalError } from '../../base/errors.ts'
import { formatAddress, type HostPort, parseAddress } from '../../link/address.ts'

/** An index server as it was given in the configuration. */
export type IndexAddress = {
  /** As given, without the pin: what people call this server by. */
  readonly label: string
  /** The PeerId that the server must prove; whoever answers when undefined. */
  readonly peerId: string | undefined
} & (
  | { readonly kind: 'grpc' /** HOST:PORT */; readonly address: string }
  | { readonly kind: 'http' /** Base of its REST API, with a slash at the end. */; readonly url: URL }
)

/** A PeerId of an Ed25519 key in base58btc: 52 characters (libp2p specs, peer-ids). */
const PIN = /^(12D3KooW[1-9A-HJ-NP-Za-km-z]{44})@(.*)$/s

/**
 * Reads `HOST:PORT` (gRPC), `http://HOST[:PORT]` or `https://…` (the REST API, which tells where gRPC is), each with
 * `PEERID@` in front to accept only that server. Throws INVALID_CONFIG with what is wrong.
 */
export function parseIndexAddress(text: string): IndexAddress {
  const trimmed = text.trim()
  const pinned = PIN.exec(trimmed)
  const peerId = pinned?.[1]
  const label = pinned?.[2] ?? trimmed
  const refuse = (why: string): ShoalError =>
    new ShoalError(
      'INVALID_CONFIG',
      `"${text}" is not an index server: ${why}. Give HOST:PORT, http://HOST:PORT or https://HOST, with PEERID@ in front to pin it.`,
    )
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(label)) {
    if (!URL.canParse(label)) throw refuse('the URL cannot be read')
    const url = new URL(label.endsWith('/') ? label : `${label}/`)
    if (url.protocol !== 'http:' && url.protocol !== 'https:')
      throw refuse('only http and https URLs are taken')
    if (url.username || url.password || url.search || url.hash) {
      throw refuse('the URL has more than a host, a port and a path')
    }
    return { kind: 'http', label: label.replace(/\/+$/, ''), peerId, url }
  }
  const address = tryParse(label)
  if (!address) throw refuse('there is no host and port')
  return { kind: 'grpc', label, peerId, address: formatAddress(address) }
}

/**
 * Where to reach the gRPC server that the REST API at `url` names as `grpc` (HOST:PORT). A server tells the address that it
 * is bound to: a wildcard, or a loopback address as seen from another machine, stands for the URL's own host. Undefined when
 * `grpc` is no address.
 */
export function grpcAddress(url: URL, grpc: string): string | undefined {
  const told = tryParse(grpc)
  if (!told) return undefined
  const urlHost = url.hostname.replace(/^\[|\]$/g, '')
  const isElsewhere = isWildcard(told.host) || (isLoopback(told.host) && !isLoopback(urlHost))
  return formatAddress(isElsewhere ? { host: urlHost, port: told.port } : told)
}

function tryParse(text: string): HostPort | undefined {
  try {
    return parseAddress(text)
  } catch {
    return undefined
  }
}

/** True for an address that means "every address of this machine". */
const isWildcard = (host: string) => host === '0.0.0.0' || /^[0:]+$/.test(host)

/** True for what means the machine itself (RFC 1122 3.2.1.3, RFC 4291 2.5.3, RFC 6761 6.3). */
const isLoopback = (host: string) =>
  host === '::1' || host.toLowerCase() === 'localhost' || /^127(\.\d{1,3}){3}$/.test(host)
