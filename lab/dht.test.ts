import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { BackgroundMeasure, QueryMeasure } from './measures.ts'
import { run } from './run.ts'

test('a small world of the DHT finds everything, and the network carried what the searches tell', async () => {
  const { measures, sent } = await run({
    ...{ label: 'dht', contender: 'dht', nodes: 8, seed: 5, joinEveryMs: 50, settleMs: 3_000 },
    steps: [
      { do: 'background', label: 'idle', ms: 500 },
      { do: 'queries', label: 'searches', count: 16, overMs: 2_000 },
    ],
  })
  const [idle, searches] = measures as [BackgroundMeasure, QueryMeasure]
  const { all, carried, told, load } = searches
  assert.deepEqual([all.recall, all.failed, searches.faults], [1, 0, []])
  assert.ok(all.messages.mean >= 4 && all.hops === 1)
  // Look-ups that have enough leave some answers to themselves; nothing else goes unnoticed.
  assert.ok(carried >= told && carried <= 1.5 * told, `${carried} carried, ${told} told`)
  assert.ok(load.mean > 0 && idle.perNodeSecond >= 0)
  assert.ok(sent['kad ADD_PROVIDER']! > 0 && sent['kad FIND_NODE']! > 0)
})
