import { ShoalError } from '../base/errors.ts'
import { peerIdOf, readableMultiaddrs } from '../fabric/multiaddrs.ts'
import { formatAddress, isMultiaddr, parseAddress } from '../link/address.ts'
import { isPeerId } from '../link/peer-id.ts'
import { cutName, MAX_NAME_BYTES } from '../transfer/safe-name.ts'

/** Somebody who has the content of a link. */
export interface LinkPeer {
  readonly peerId: string
  /** HOST:PORT of its gRPC server, and multiaddrs, best first; none when only the PeerId is known. */
  readonly addresses: readonly string[]
}

/** What a link says of content beside its CID. Claims: only the CID proves anything. */
export interface LinkFacts {
  /** Well-formed Unicode; longer than a file name can be, it is cut. */
  readonly name?: string | undefined
  readonly sizeBytes?: number | undefined
  readonly peers?: readonly LinkPeer[] | undefined
}

export interface ShareLink extends LinkFacts {
  /** Canonical. */
  readonly cid: string
}

export const LINK_BOUNDS = {
  /** Longest link that is made, characters: a QR code holds 2331 bytes at level M, and chats break longer ones. */
  maxLength: 2000,
  /** Peers in one link, made or read. */
  maxPeers: 8,
  /** Addresses of one peer in it. */
  maxAddresses: 8,
  /** Longest address of a gateway, characters. */
  maxGatewayLength: 200,
} as const

/** Addresses of one peer that are looked at, wrong ones too. */
const MAX_ADDRESSES_READ = 32

/** `shoal:CID?name=NAME&size=BYTES&peer=PEERID@ADDR,ADDR&peer=…`. Peers that find no room are left out, the last first. */
export function shoalLink(link: ShareLink): string {
  return withFacts(`shoal:${link.cid}`, 'name', link)
}

/**
 * The same facts on the address of the content at a gateway; gateways pass over what they do not know.
 *
 * @param gateway as {@link gatewayOrigin} gives it
 */
export function gatewayLink(gateway: string, link: ShareLink): string {
  return withFacts(`${gateway}/ipfs/${link.cid}`, 'filename', link)
}

/** The address of a gateway without a slash at its end. @throws ShoalError INVALID_ARGUMENT when it has more than that */
export function gatewayOrigin(text: string): string {
  const url = text.length <= LINK_BOUNDS.maxGatewayLength && URL.canParse(text) ? new URL(text) : undefined
  const isBare = url?.pathname === '/' && !/[?#@]/.test(text)
  if (url && isBare && /^https?:$/.test(url.protocol)) return url.origin
  throw new ShoalError(
    'INVALID_ARGUMENT',
    'gateway: must be the address of a gateway without a path, such as https://example.org',
  )
}

/** Size and peers that the query of a link tells. What is wrong there is left out: the CID is good without. */
export function linkFacts(query: URLSearchParams): Pick<LinkFacts, 'sizeBytes' | 'peers'> {
  const sizeBytes = readSize(query.get('size') ?? query.get('xl') ?? '')
  const peers = readPeers(query.getAll('peer'))
  return { ...(sizeBytes !== undefined && { sizeBytes }), ...(peers.length > 0 && { peers }) }
}

function withFacts(base: string, nameKey: string, { name = '', sizeBytes, peers = [] }: LinkFacts): string {
  const known = cutName(name.toWellFormed(), MAX_NAME_BYTES)
  let link = base
  const add = (key: string, value: string) => {
    const longer = `${link}${link === base ? '?' : '&'}${key}=${escaped(value)}`
    const fits = longer.length <= LINK_BOUNDS.maxLength
    if (fits) link = longer
    return fits
  }
  if (known !== '') add(nameKey, known)
  if (sizeBytes !== undefined) add('size', String(sizeBytes))
  for (const { peerId, addresses } of peers.slice(0, LINK_BOUNDS.maxPeers)) {
    let count = Math.min(addresses.length, LINK_BOUNDS.maxAddresses)
    while (!add('peer', peerText(peerId, addresses.slice(0, count)))) if (--count < 0) return link
  }
  return link
}

const peerText = (peerId: string, addresses: readonly string[]) =>
  addresses.length === 0 ? peerId : `${peerId}@${addresses.join(',')}`

/** What RFC 3986 lets stand in a query stays readable, but for what ends a link in a shell's quotes or in a chat. */
function escaped(value: string): string {
  return encodeURIComponent(value)
    .replace(/%(?:2C|2F|3A|40)/g, decodeURIComponent)
    .replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)
}

function readSize(text: string): number | undefined {
  const sizeBytes = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN
  return Number.isSafeInteger(sizeBytes) ? sizeBytes : undefined
}

function readPeers(texts: readonly string[]): LinkPeer[] {
  const peers = new Map<string, string[]>()
  for (const text of texts) {
    const { peerId, addresses } = readPeer(text)
    if (!isPeerId(peerId)) continue
    const known = peers.get(peerId)
    if (!known && peers.size === LINK_BOUNDS.maxPeers) continue
    const good = addresses.flatMap((address) => normalAddressOf(address, peerId))
    peers.set(peerId, [...new Set([...(known ?? []), ...good])].slice(0, LINK_BOUNDS.maxAddresses))
  }
  return [...peers].map(([peerId, addresses]) => ({ peerId, addresses }))
}

/** `PEERID@ADDR,ADDR`, `PEERID`, or a multiaddr that ends with /p2p/PEERID. */
function readPeer(text: string): { peerId: string; addresses: string[] } {
  if (text.startsWith('/')) return { peerId: /\/p2p\/([^/]+)$/.exec(text)?.[1] ?? '', addresses: [text] }
  const at = text.indexOf('@')
  if (at < 0) return { peerId: text, addresses: [] }
  return { peerId: text.slice(0, at), addresses: text.slice(at + 1).split(',', MAX_ADDRESSES_READ) }
}

/** In its one written form; nothing when it is none, or that of another peer. */
function normalAddressOf(text: string, peerId: string): string[] {
  if (text.startsWith('/')) {
    const [address] = isMultiaddr(text) ? readableMultiaddrs([text]) : []
    if (!address) return []
    // One that ends with another PeerId leads to somebody else, or as far as a relay.
    const isOthers = /\/p2p\/[^/]+$/.test(text) && peerIdOf(address) !== peerId
    return isOthers ? [] : [text]
  }
  try {
    return [formatAddress(parseAddress(text))]
  } catch {
    return []
  }
}
