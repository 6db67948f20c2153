import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type Fetchable, planFetches } from './fetch-plan.ts'

const file = (path: string, sizeBytes = 1): Fetchable => ({ cid: path, path, sizeBytes, kind: 'file' })
const folder = (path: string, sizeBytes = 1): Fetchable => ({ ...file(path, sizeBytes), kind: 'folder' })

test('what is fetched, and why the rest is not', () => {
  const table: [Fetchable[], { left: number; maxBytes: number }, Record<string, string>][] = [
    [[], { left: 1, maxBytes: 1 }, {}],
    [[file('a'), file('b')], { left: 1, maxBytes: 0 }, { a: 'fetch', b: 'daily-limit' }],
    [[file('a', 11), file('b', 10)], { left: 1, maxBytes: 10 }, { a: 'size', b: 'fetch' }],
    [[file('a', 2 ** 50)], { left: 1, maxBytes: 0 }, { a: 'fetch' }],
    [[file('a')], { left: 0, maxBytes: 0 }, { a: 'daily-limit' }],
    [
      [file('f/a'), folder('f'), file('fa')],
      { left: 1, maxBytes: 0 },
      { f: 'fetch', 'f/a': 'in-folder', fa: 'daily-limit' },
    ],
    [[folder('f/g'), folder('f')], { left: 9, maxBytes: 0 }, { f: 'fetch', 'f/g': 'in-folder' }],
    [[folder('f', 9), file('f/a', 3)], { left: 9, maxBytes: 5 }, { f: 'size', 'f/a': 'fetch' }],
  ]
  for (const [hits, room, expected] of table)
    assert.deepEqual(Object.fromEntries(planFetches(hits, room)), expected, JSON.stringify(hits))
})

test('every hit has its answer, and no limit is passed', () => {
  const hit = fc.record({
    cid: fc.constantFrom(...'abcdefgh'),
    path: fc.constantFrom('x', 'x/y', 'x/y/z', 'xy', ''),
    sizeBytes: fc.nat(20),
    kind: fc.constantFrom('file' as const, 'folder' as const),
  })
  const room = fc.record({ left: fc.integer({ min: -1, max: 5 }), maxBytes: fc.nat(20) })
  fc.assert(
    fc.property(fc.uniqueArray(hit, { selector: ({ cid }) => cid }), room, (hits, { left, maxBytes }) => {
      const plan = planFetches(hits, { left, maxBytes })
      assert.equal(plan.size, hits.length)
      const fetched = hits.filter(({ cid }) => plan.get(cid) === 'fetch')
      assert.ok(fetched.length <= Math.max(0, left))
      for (const { sizeBytes } of fetched) assert.ok(maxBytes === 0 || sizeBytes <= maxBytes)
    }),
  )
})
