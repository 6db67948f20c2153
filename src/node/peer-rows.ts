import type { PeerRow } from '../api/node-port.ts'
import type { PeerView } from '../discovery/membership/membership.ts'
import type { KnownPeer } from '../discovery/peer-book.ts'
import { isMultiaddr } from '../link/address.ts'
import type { Road } from '../link/roads.ts'

/**
 * The peers of the book and those that membership watches, each once, the one seen last first. What membership says of state,
 * zone and latency holds; a peer that it does not watch is just `known`.
 */
export function peerRows(book: readonly KnownPeer[], watched: readonly PeerView[], links: Links): PeerRow[] {
  const known = new Map(book.map((peer) => [peer.peerId, peer]))
  const rows = watched.map((view) => watchedRow(view, known.get(view.record.peerId)))
  for (const { record } of watched) known.delete(record.peerId)
  for (const peer of known.values()) rows.push(knownRow(peer))
  return rows.map((row) => withRoad(row, links)).sort((a, b) => b.lastSeenMs - a.lastSeenMs)
}

/** How peers are reached now. */
export interface Links {
  roadTo(peerId: string): Road | undefined
  /** HOST:PORT or multiaddr of the open link. */
  addressOf(peerId: string): string | undefined
}

/** A peer that is not connected is shown with the road that would be tried first. */
function withRoad(row: Omit<PeerRow, 'road'>, links: Links): PeerRow {
  const first = row.addresses[0]
  const expected =
    first === undefined || !isMultiaddr(first) ? 'direct' : isRelayed(first) ? 'relayed' : 'tunnel'
  const { peerId, name, addr, addresses, ...rest } = row
  return {
    ...{ peerId, name, addr: links.addressOf(peerId) ?? addr, addresses },
    ...{ road: links.roadTo(peerId) ?? expected, ...rest },
  }
}

const isRelayed = (address: string) => address.includes('/p2p-circuit')

type Unreached = Omit<PeerRow, 'road'>

/** More than a tenth of a ms is noise. */
const tenths = (ms: number): number => Math.round(ms * 10) / 10

function watchedRow(view: PeerView, peer: KnownPeer | undefined): Unreached {
  const { peerId, name, addresses, role } = view.record
  return {
    peerId,
    name: name || (peer?.name ?? ''),
    addr: addresses[0] ?? peer?.addr ?? '',
    addresses,
    zone: role === 'member' ? view.zone : null,
    state: view.state,
    neighbour: view.isNeighbour,
    latencyMs: view.latencyMs === undefined ? null : tenths(view.latencyMs),
    // Who was never asked may have been seen by others.
    lastSeenMs: view.lastSeenMs || (peer?.lastSeenMs ?? 0),
    via: (peer?.via.length ? peer.via : ['membership']).join(','),
  }
}

function knownRow({ peerId, name, addr, addresses, lastSeenMs, via }: KnownPeer): Unreached {
  const unwatched = { zone: null, state: 'known', neighbour: false, latencyMs: null } as const
  return { peerId, name, addr: addr ?? '', addresses, ...unwatched, lastSeenMs, via: via.join(',') }
}
