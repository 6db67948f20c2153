import { comparison, type Way } from './compare.ts'

/** kad-dht refreshes its tables every five minutes: idle time has to hold that once. */
const BACKGROUND_MS = 300_000
const QUERIES_MS = 120_000
/**
 * Every node of the DHT makes a connection to every other, and tells ten of its records, in earnest and all on one machine: nodes
 * come the slower the more there are, and share one after the other.
 */
const JOIN_MS_PER_NODE = 7.5
const SHARE_MS_PER_NODE = 1_800
const SETTLE_MS = 180_000

const WAYS: readonly Way[] = [
  { name: 'index', contender: 'index' },
  { name: 'zone', contender: 'zone' },
  { name: 'flood', contender: 'flood' },
  {
    name: 'dht',
    contender: 'dht',
    begin: (nodes, quick) => ({
      joinEveryMs: quick ? 100 : JOIN_MS_PER_NODE * nodes,
      shareMs: quick ? 1_000 : SHARE_MS_PER_NODE * nodes,
      settleMs: quick ? 10_000 : SETTLE_MS,
    }),
  },
]

/** The DHT beside the others, in networks small enough for one machine. */
export const dht = comparison({
  name: 'dht',
  title: 'The DHT beside the other ways',
  about:
    'Worlds of two sizes, one for each way of finding things. Nodes join, share 20 files each, and when all has got around random nodes search. The DHT is real js-libp2p in real time; its network is memory, with the delays of the simulated one.',
  ways: WAYS,
  nodes: [50, 200],
  queries: 400,
  times: (quick) =>
    quick
      ? { backgroundMs: 5_000, queriesMs: 10_000 }
      : { backgroundMs: BACKGROUND_MS, queriesMs: QUERIES_MS },
  during: 'two minutes',
})
