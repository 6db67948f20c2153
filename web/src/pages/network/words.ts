import type { Peer } from '../../api/types.ts'

/** How a peer is: in a word, and what that means. */
export const STATE_WORDS: Readonly<Record<Peer['state'], { word: string; meaning: string }>> = {
  alive: { word: 'alive', meaning: 'It answers.' },
  suspect: { word: 'suspect', meaning: 'It did not answer; others are asked whether they reach it.' },
  dead: { word: 'gone', meaning: 'Nobody reaches it.' },
  left: { word: 'left', meaning: 'It said that it leaves.' },
  known: { word: 'known', meaning: 'Told of or remembered; whether it lives is not watched.' },
}

/** How a peer is reached. */
export const ROAD_WORDS: Readonly<Record<Peer['road'], { word: string; meaning: string }>> = {
  direct: { word: 'direct', meaning: 'A connection straight to its address.' },
  tunnel: {
    word: 'tunnel',
    meaning: 'Straight to it, by a connection that got through a router or firewall.',
  },
  relayed: { word: 'relayed', meaning: 'Through a third peer, since nobody reaches it from outside.' },
}

/** The ways of finding things, for people. */
export const VIA_WORDS: Readonly<Record<string, string>> = {
  library: 'what is shared here',
  index: 'index servers, which keep a list of what others share',
  zone: 'the peers that keep the directory of that word',
  flood: 'from neighbour to neighbour',
  dht: 'a table spread over all peers',
}

/** `zone 011`; null when it is in none. */
export function zoneText(zone: string | null): string {
  if (zone === null) return 'none'
  return zone === '' ? 'the only one' : zone
}

/** Names of those who gave themselves none. */
export const UNNAMED = 'unnamed'
