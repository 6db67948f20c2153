import assert from 'node:assert/strict'
import { test } from 'node:test'
import { create } from '@bufbuild/protobuf'
import fc from 'fast-check'
import { seededRandom } from '../src/base/random.ts'
import { entryFromWire, entryToWire } from '../src/content/entry-wire.ts'
import { EntrySchema } from '../src/contract/gen/shoal/v1/common_pb.ts'
import { wordOfRank } from './workload/catalogue.ts'
import { Zipf } from './workload/zipf.ts'
import { makeWorkload } from './workload.ts'

test('the same seed gives the same files and queries, another one others', () => {
  const [a, b, c] = [1, 1, 2].map((seed) => makeWorkload({ nodes: 10, seed }))
  assert.deepEqual(a!.shares, b!.shares)
  assert.deepEqual(a!.queries(20, 100), b!.queries(20, 100))
  assert.notDeepEqual(a!.shares, c!.shares)
  assert.notDeepEqual(a!.queries(20, 100), a!.queries(20, 100, 1))
})

test('every node has as many different files as it should, and every file passes as one from the wire', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 30 }),
      fc.integer(),
      fc.integer({ min: 1, max: 30 }),
      (nodes, seed, filesPerNode) => {
        const { shares, catalogue } = makeWorkload({ nodes, seed, filesPerNode })
        assert.equal(shares.length, nodes)
        for (const files of shares)
          assert.equal(new Set(files.map(({ entry }) => entry.cid)).size, filesPerNode)
        const { entry } = catalogue[Math.abs(seed) % catalogue.length]!
        assert.deepEqual(entryFromWire(create(EntrySchema, entryToWire(entry))), entry)
      },
    ),
    { numRuns: 30 },
  )
})

test('low ranks are drawn more often, by the law', () => {
  const zipf = new Zipf(10, 1)
  const random = seededRandom(1)
  const counts = Array.from({ length: 10 }, () => 0)
  for (let i = 0; i < 20_000; i++) counts[zipf.draw(random)]!++
  const harmonic = counts.reduce((sum, _, rank) => sum + 1 / (rank + 1), 0)
  counts.forEach((count, rank) => {
    const expected = 20_000 / (rank + 1) / harmonic
    assert.ok(Math.abs(count - expected) < 5 * Math.sqrt(expected), `rank ${rank}: ${count}, not ${expected}`)
  })
})

test('every rank has a word of its own', () => {
  const words = Array.from({ length: 50_000 }, (_, rank) => wordOfRank(rank))
  assert.equal(new Set(words).size, words.length)
})

test('queries are of the class that they say', () => {
  const { shares, queries } = makeWorkload({ nodes: 200, seed: 7 })
  const holding = (word: string) =>
    shares.map((files) => files.filter(({ words }) => words.includes(word)).length)
  for (const { kind, query } of queries(80, 50)) {
    assert.equal(query.limit, 50)
    const words = query.words?.split(' ') ?? []
    const counts = words.map(holding)
    if (kind === 'common') assert.ok(counts[0]!.filter((count) => count > 0).length >= 2)
    if (kind === 'rare') assert.ok(counts[0]!.reduce((sum, count) => sum + count) <= 5)
    if (kind === 'two words') assert.equal(words.length, 2)
    if (kind === 'exact') assert.ok(shares.flat().some(({ entry }) => entry.cid === query.cid))
  }
})
