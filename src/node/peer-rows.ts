import type { PeerRow } from '../api/node-port.ts'
import type { PeerView } from '../discovery/membership/membership.ts'
import type { KnownPeer } from '../discovery/peer-book.ts'

/**
 * The peers of the book and those that membership watches, each once, the one seen last first. What membership says of state,
 * zone and latency holds; a peer that it does not watch is just `known`.
 */
export function peerRows(book: readonly KnownPeer[], watched: readonly PeerView[]): PeerRow[] {
  const known = new Map(book.map((peer) => [peer.peerId, peer]))
  const rows = watched.map((view) => watchedRow(view, known.get(view.record.peerId)))
  for (const { record } of watched) known.delete(record.peerId)
  for (const peer of known.values()) rows.push(knownRow(peer))
  return rows.sort((a, b) => b.lastSeenMs - a.lastSeenMs)
}

/** More than a tenth of a ms is noise. */
const tenths = (ms: number): number => Math.round(ms * 10) / 10

function watchedRow(view: PeerView, peer: KnownPeer | undefined): PeerRow {
  const { peerId, name, addresses, role } = view.record
  return {
    peerId,
    name: name || (peer?.name ?? ''),
    addr: addresses[0] ?? peer?.addr ?? '',
    addresses,
    road: 'direct',
    zone: role === 'member' ? view.zone : null,
    state: view.state,
    neighbour: view.isNeighbour,
    latencyMs: view.latencyMs === undefined ? null : tenths(view.latencyMs),
    // Who was never asked may have been seen by others.
    lastSeenMs: view.lastSeenMs || (peer?.lastSeenMs ?? 0),
    via: (peer?.via.length ? peer.via : ['membership']).join(','),
  }
}

function knownRow({ peerId, name, addr, addresses, road, lastSeenMs, via }: KnownPeer): PeerRow {
  const unwatched = { zone: null, state: 'known', neighbour: false, latencyMs: null } as const
  return { peerId, name, addr: addr ?? '', addresses, road, ...unwatched, lastSeenMs, via: via.join(',') }
}
