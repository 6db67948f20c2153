import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { compileQuery } from '../src/content/match.ts'
import { LabLibrary } from './library.ts'
import { Oracle, recallOf } from './oracle.ts'
import { makeWorkload } from './workload.ts'

test('the oracle knows what asking every living node one by one would find', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 2, max: 30 }),
      fc.integer(),
      fc.integer({ min: 1, max: 4 }),
      (nodes, seed, every) => {
        const { shares, queries } = makeWorkload({ nodes, seed })
        const oracle = new Oracle(shares)
        const counts = (node: number) => node % every === 0
        for (const { query } of queries(12, 100)) {
          const matches = compileQuery(query)
          const found = shares.flatMap((files, node) =>
            counts(node) ? files.filter(({ entry, text }) => matches(entry, text)) : [],
          )
          assert.deepEqual(oracle.answer(query, counts), new Set(found.map(({ entry }) => entry.cid)))
        }
      },
    ),
    { numRuns: 40 },
  )
})

test('a library finds its own, up to the limit, and tells all of it to who asks for it', () => {
  const { shares, queries } = makeWorkload({ nodes: 5, seed: 3 })
  const library = new LabLibrary(shares[0]!)
  const oracle = new Oracle(shares)
  for (const { query } of queries(40, 1000)) {
    const found = new Set(library.search(query).map(({ cid }) => cid))
    assert.deepEqual(
      found,
      oracle.answer(query, (node) => node === 0),
    )
  }
  assert.equal(library.search({ words: shares[0]![0]!.words[0]!, limit: 1 }).length, 1)
  const before = library.revision()
  library.set(shares[1]!)
  assert.notEqual(library.revision(), before)
  assert.deepEqual(
    [...library.batches()].flat(),
    shares[1]!.map(({ entry }) => entry),
  )
})

test('files can come later', () => {
  const { shares } = makeWorkload({ nodes: 2, seed: 3 })
  const oracle = new Oracle([shares[0]!])
  const query = { cid: shares[1]!.find((file) => !shares[0]!.includes(file))!.entry.cid, limit: 1 }
  assert.equal(oracle.answer(query, () => true).size, 0)
  oracle.add(1, shares[1]!)
  assert.equal(oracle.answer(query, () => true).size, 1)
  assert.equal(oracle.answer(query, (node) => node === 0).size, 0)
})

test('recall', () => {
  const abc = new Set(['a', 'b', 'c'])
  const table: [string[], Set<string>, number, number][] = [
    [[], new Set(), 10, 1],
    [['x'], new Set(), 10, 1],
    [[], abc, 10, 0],
    [['a', 'x'], abc, 10, 1 / 3],
    [['a', 'b'], abc, 2, 1],
    [['a', 'b', 'c'], abc, 2, 1],
  ]
  for (const [found, existing, limit, recall] of table) assert.equal(recallOf(found, existing, limit), recall)
})
