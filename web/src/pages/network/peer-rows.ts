import type { Peer } from '../../api/types.ts'

export interface PeerFilters {
  /** Words that must all occur in its name, PeerId or addresses, in any case. */
  readonly words: string
  readonly state: Peer['state'] | 'all'
  readonly neighbours: boolean
  /** Bits, null for those in none; undefined = all. */
  readonly zone: string | null | undefined
}

export const NO_PEER_FILTERS: PeerFilters = { words: '', state: 'all', neighbours: false, zone: undefined }

export const COLUMNS = [
  { key: 'name', label: 'Name' },
  { key: 'peerId', label: 'PeerId' },
  { key: 'addr', label: 'Address' },
  { key: 'road', label: 'Road' },
  { key: 'zone', label: 'Zone' },
  { key: 'state', label: 'State' },
  { key: 'neighbour', label: 'Neighbour' },
  { key: 'latencyMs', label: 'Latency' },
  { key: 'lastSeenMs', label: 'Last seen' },
] as const
export type ColumnKey = (typeof COLUMNS)[number]['key']

export interface PeerOrder {
  readonly by: ColumnKey
  readonly descending: boolean
}

/** What is clicked first: the best on top. */
const DESCENDING_FIRST = new Set<ColumnKey>(['neighbour', 'lastSeenMs'])

/** The order after a click on a column's head. */
export const orderAfter = (order: PeerOrder, by: ColumnKey): PeerOrder =>
  order.by === by ? { by, descending: !order.descending } : { by, descending: DESCENDING_FIRST.has(by) }

const collator = new Intl.Collator(undefined, { numeric: true, sensitivity: 'base' })
const STATES: readonly Peer['state'][] = ['alive', 'suspect', 'known', 'left', 'dead']
const ROADS: readonly Peer['road'][] = ['direct', 'tunnel', 'relayed']

const COMPARE: Readonly<Record<ColumnKey, (a: Peer, b: Peer) => number>> = {
  name: (a, b) => collator.compare(a.name, b.name),
  peerId: (a, b) => (a.peerId < b.peerId ? -1 : Number(a.peerId > b.peerId)),
  addr: (a, b) => collator.compare(a.addr, b.addr),
  road: (a, b) => ROADS.indexOf(a.road) - ROADS.indexOf(b.road),
  zone: (a, b) => (zoneKey(a) < zoneKey(b) ? -1 : Number(zoneKey(a) > zoneKey(b))),
  state: (a, b) => STATES.indexOf(a.state) - STATES.indexOf(b.state),
  neighbour: (a, b) => Number(a.neighbour) - Number(b.neighbour),
  latencyMs: (a, b) => (a.latencyMs ?? 1e12) - (b.latencyMs ?? 1e12),
  lastSeenMs: (a, b) => a.lastSeenMs - b.lastSeenMs,
}

/** Those in no zone behind all bits. */
const zoneKey = ({ zone }: Peer): string => zone ?? '~'

/** The peers that pass the filters, in order; equal ones by PeerId, so that rows do not jump. */
export function shownPeers(peers: readonly Peer[], filters: PeerFilters, order: PeerOrder): Peer[] {
  const words = filters.words.toLowerCase().split(/\s+/).filter(Boolean)
  const sign = order.descending ? -1 : 1
  return peers
    .filter((peer) => {
      if (filters.state !== 'all' && peer.state !== filters.state) return false
      if (filters.neighbours && !peer.neighbour) return false
      if (filters.zone !== undefined && peer.zone !== filters.zone) return false
      const text = [peer.name, peer.peerId, peer.addr, ...peer.addresses].join('\n').toLowerCase()
      return words.every((word) => text.includes(word))
    })
    .sort((a, b) => sign * COMPARE[order.by](a, b) || COMPARE.peerId(a, b))
}

/** Those of the map: all while there is room, else without those that are not watched or are gone. */
export function mappedPeers(peers: readonly Peer[], max: number): Peer[] {
  if (peers.length <= max) return [...peers]
  return peers.filter(({ state, neighbour }) => neighbour || state === 'alive' || state === 'suspect')
}
