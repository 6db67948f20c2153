import type { Peer } from '../../api/types.ts'
import type { SearchWay } from './search-way.ts'

/** The peers, and those who answered a search but are not among them: a line must lead somewhere. */
export function withResponders(peers: readonly Peer[], way: SearchWay | undefined): readonly Peer[] {
  if (!way) return peers
  const known = new Set(peers.map(({ peerId }) => peerId))
  const wanted = new Set(way.lines.flatMap(({ from, to }) => [from, to]))
  const others = [...way.peers].filter(([peerId]) => wanted.has(peerId) && !known.has(peerId))
  return others.length === 0 ? peers : [...peers, ...others.map(([peerId, name]) => strangerOf(peerId, name))]
}

const strangerOf = (peerId: string, name: string): Peer => ({
  peerId,
  name,
  addr: '',
  addresses: [],
  road: 'direct',
  zone: null,
  state: 'known',
  neighbour: false,
  latencyMs: null,
  lastSeenMs: 0,
  updatedMs: null,
  via: 'search',
})
