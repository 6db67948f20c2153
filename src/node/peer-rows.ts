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
  const leaves = new Set(watched.flatMap(({ record }) => (record.role === 'leaf' ? [record.peerId] : [])))
  return rows
    .map((row) => withRoad(row, links, leaves.has(row.peerId)))
    .sort((a, b) => b.lastSeenMs - a.lastSeenMs)
}

/** How peers are reached now. */
export interface Links {
  roadTo(peerId: string): Road | undefined
  /** HOST:PORT or multiaddr of the open link. */
  addressOf(peerId: string): string | undefined
}

/** A peer that is not connected is shown with the road that would be tried first. */
function withRoad(row: Unreached, links: Links, isLeaf: boolean): PeerRow {
  // Nobody calls a leaf at its gRPC port: it has roads through libp2p only.
  const roads = isLeaf && row.addresses.some(isMultiaddr) ? row.addresses.filter(isMultiaddr) : row.addresses
  const first = isLeaf ? (roads.find(isRelayed) ?? roads[0]) : roads[0]
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
    // Records are numbered by their writer's clock.
    updatedMs: view.record.seq,
    via: (peer?.via.length ? peer.via : ['membership']).join(','),
  }
}

function knownRow({ peerId, name, addr, addresses, lastSeenMs, via }: KnownPeer): Unreached {
  const unwatched = { zone: null, state: 'known', neighbour: false, latencyMs: null } as const
  return {
    peerId,
    name,
    addr: addr ?? '',
    addresses,
    ...unwatched,
    lastSeenMs,
    updatedMs: null,
    via: via.join(','),
  }
}
