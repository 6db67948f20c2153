import { comparison, type Way } from './compare.ts'

/** kad-dht refreshes its tables every five minutes: idle time has to hold that once. */
const BACKGROUND_MS = 300_000
const QUERIES_MS = 120_000
/**
 * Every node of the DHT makes a connection to every other, and tells ten of its records, in earnest and all on one machine: nodes
 * come the slower the more there are, and share one after the other. In a large world time itself goes slowly: a machine that cannot
 * keep up lets deadlines pass, which makes more to do, and measures itself.
 */
const JOIN_MS_PER_NODE = 7.5
const SHARE_MS_PER_NODE = 1_800
const SETTLE_MS = 180_000
const LARGE = { above: 100, slowdown: 3, joinMsPerNode: 5, shareMsPerNode: 1_000, settleMs: 60_000 }

function begin(nodes: number, quick: boolean): ReturnType<NonNullable<Way['begin']>> {
  if (quick) return { joinEveryMs: 100, shareMs: 1_000, settleMs: 10_000 }
  const { above, slowdown, joinMsPerNode, shareMsPerNode, settleMs } = LARGE
  if (nodes > above)
    return { slowdown, joinEveryMs: joinMsPerNode * nodes, shareMs: shareMsPerNode * nodes, settleMs }
  return { joinEveryMs: JOIN_MS_PER_NODE * nodes, shareMs: SHARE_MS_PER_NODE * nodes, settleMs: SETTLE_MS }
}

const WAYS: readonly Way[] = [
  { name: 'index', contender: 'index' },
  { name: 'zone', contender: 'zone' },
  { name: 'flood', contender: 'flood' },
  { name: 'dht', contender: 'dht', begin },
]

/** The DHT beside the others, in networks small enough for one machine. */
export const dht = comparison({
  name: 'dht',
  title: 'The DHT beside the other ways',
  about:
    'Worlds of growing size, one for each way of finding things. Nodes join, share 20 files each, and when all has got around random nodes search. The DHT is real js-libp2p in real time; its network is memory, with the delays of the simulated one. Among more than 100 nodes time goes three times as slowly, because one machine does the work of all.',
  ways: WAYS,
  nodes: [50, 200],
  queries: 400,
  times: (quick) =>
    quick
      ? { backgroundMs: 5_000, queriesMs: 10_000 }
      : { backgroundMs: BACKGROUND_MS, queriesMs: QUERIES_MS },
  during: 'two minutes',
})
