import { isIPv4, isIPv6 } from 'node:net'
import type { Clock } from '../../base/clock.ts'
import { wordsOf } from '../../base/words.ts'
import { pointOf } from '../../discovery/membership/point.ts'
import type { KnownPeer } from '../../discovery/peer-book.ts'
import { isMultiaddr, parseAddress } from '../../link/address.ts'
import type { CandidatePeer, PeersPort } from '../../replication/ports.ts'
import type { Discovery, Self } from '../discovery.ts'

/** Who was not seen for longer than this is hardly there, ms. */
const RECENT_MS = 10 * 60_000
/** The peers seen last. */
const MAX_CANDIDATES = 300
/** Zones are looked up in the members anew after this, ms: there may be thousands of members. */
const ZONES_MS = 2000

/** The peers of this node as those who might keep copies. */
export class ReplicaPeers implements PeersPort {
  readonly #discovery: Pick<Discovery, 'peers' | 'network'>
  readonly #self: () => Self
  readonly #clock: Clock
  #zones: { atMs: number; byPeer: Map<string, string> } | undefined

  constructor(setup: { discovery: Pick<Discovery, 'peers' | 'network'>; self: () => Self; clock: Clock }) {
    this.#discovery = setup.discovery
    this.#self = setup.self
    this.#clock = setup.clock
  }

  candidates(): CandidatePeer[] {
    const since = this.#clock.now() - RECENT_MS
    return this.#discovery.peers
      .list(MAX_CANDIDATES)
      .filter(({ lastSeenMs, addresses }) => lastSeenMs >= since && addresses.length > 0)
      .map((peer) => this.#candidate(peer))
  }

  get(peerId: string): CandidatePeer | undefined {
    const peer = this.#discovery.peers.get(peerId)
    return peer && this.#candidate(peer)
  }

  ownAddresses(): readonly string[] {
    return this.#self().addresses
  }

  /** The member that the zone of the name's rarest word names first: of words the longest is rarely a common one. */
  firstOfZone(name: string): string | undefined {
    const [word] = wordsOf(name).sort((a, b) => b.length - a.length)
    if (word === undefined) return undefined
    return this.#discovery.network?.membership.closest(pointOf(`w:${word}`), 1)[0]?.peerId
  }

  #candidate({ peerId, name, addresses }: KnownPeer): CandidatePeer {
    return { peerId, name, addresses, zone: this.#zoneOf(peerId), subnet: subnetOf(addresses) }
  }

  #zoneOf(peerId: string): string {
    const now = this.#clock.monotonic()
    if (!this.#zones || now - this.#zones.atMs > ZONES_MS) {
      const views = this.#discovery.network?.membership.list() ?? []
      this.#zones = { atMs: now, byPeer: new Map(views.map(({ record, zone }) => [record.peerId, zone])) }
    }
    return this.#zones.byPeer.get(peerId) ?? ''
  }
}

/** What fails together: the IPv4 /24 or IPv6 /48 of the first address that is an IP address; empty when none is. */
export function subnetOf(addresses: readonly string[]): string {
  for (const address of addresses) {
    const host = hostOf(address)
    if (isIPv4(host)) return host.split('.').slice(0, 3).join('.')
    if (isIPv6(host)) return prefix48(host)
  }
  return ''
}

function hostOf(address: string): string {
  if (isMultiaddr(address)) return /^\/ip[46]\/([^/]+)/.exec(address)?.[1] ?? ''
  try {
    return parseAddress(address).host
  } catch {
    return ''
  }
}

/** The first three groups, written out. */
function prefix48(host: string): string {
  const [head = '', tail] = host.split('%')[0]!.split('::')
  const groups = head === '' ? [] : head.split(':')
  if (tail !== undefined) while (groups.length < 3) groups.push('0')
  return groups
    .slice(0, 3)
    .map((group) => group.toLowerCase().replace(/^0+(?=.)/, ''))
    .join(':')
}
