import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Emitter } from '../base/events.ts'
import type { SharedEntry } from '../content/entry.ts'
import type { CatalogueChange } from '../storage/catalogue-types.ts'
import { emitChange, MAX_CHANGE } from './emit-change.ts'
import { type ImportJob, ImportQueue } from './import-queue.ts'

const job = (shareId: number, relPath: string, sizeBytes = 1): ImportJob => ({
  file: { shareId, relPath, absPath: `/${relPath}` },
  sizeBytes,
  bytesDone: 0,
  waiters: [],
})

const paths = fc.constantFrom('a', 'b', 'd/a', 'd/e/f', 'dd')
const actions = fc.array(
  fc.oneof(
    fc.record({ type: fc.constantFrom('add' as const, 'first' as const), share: fc.nat(1), path: paths }),
    fc.record({ type: fc.constant('take' as const) }),
    fc.record({
      type: fc.constant('remove' as const),
      share: fc.nat(1),
      path: fc.constantFrom('', 'd', 'a'),
    }),
  ),
  { maxLength: 40 },
)

test('each file waits once, urgent ones go first, and the counts are right at every step', () => {
  fc.assert(
    fc.property(actions, fc.integer({ min: 1, max: 6 }), (steps, capacity) => {
      const queue = new ImportQueue(capacity)
      let urgent: string[] = []
      let normal: string[] = []
      for (const step of steps) {
        if (step.type === 'take') {
          const taken = queue.take()
          assert.equal(
            taken && `${taken.file.shareId}/${taken.file.relPath}`,
            urgent.shift() ?? normal.shift(),
          )
        } else if (step.type === 'remove') {
          const isHit = (key: string) => {
            const [share, ...parts] = key.split('/')
            const path = parts.join('/')
            const inside = step.path === '' || path === step.path || path.startsWith(`${step.path}/`)
            return share === `${step.share}` && inside
          }
          const removed = queue.removeBelow({ shareId: step.share, relPath: step.path })
          assert.equal(removed.length, [...urgent, ...normal].filter(isHit).length)
          urgent = urgent.filter((key) => !isHit(key))
          normal = normal.filter((key) => !isHit(key))
        } else {
          const key = `${step.share}/${step.path}`
          const waits = urgent.includes(key) || normal.includes(key)
          if (step.type === 'add') {
            const room = urgent.length + normal.length < capacity
            assert.equal(queue.add(job(step.share, step.path)), waits || room)
            if (!waits && room) normal.push(key)
          } else {
            queue.addFirst(job(step.share, step.path))
            urgent = [...urgent.filter((other) => other !== key), key]
            normal = normal.filter((other) => other !== key)
          }
        }
        const all = [...urgent, ...normal]
        assert.deepEqual([queue.size, queue.sizeBytes], [all.length, all.length])
        for (const share of [0, 1]) {
          assert.equal(
            queue.hasShare(share),
            all.some((key) => key.startsWith(`${share}/`)),
          )
        }
      }
    }),
  )
})

test('100,000 files pass in order, and whoever waited for a file still does when it becomes urgent', () => {
  const queue = new ImportQueue(200_000)
  for (let i = 0; i < 100_000; i++) queue.add(job(1, `${i}`))
  const waiter = Promise.withResolvers<SharedEntry>()
  queue.addFirst({ ...job(1, '50000'), waiters: [waiter] })
  queue.addFirst(job(1, '50000'))
  assert.deepEqual(queue.take()!.waiters, [waiter])
  for (let i = 0; i < 100_000; i++) if (i !== 50_000) assert.equal(queue.take()!.file.relPath, `${i}`)
  assert.equal(queue.take(), undefined)
})

test('a change is told in parts, what is removed first', () => {
  const changes = new Emitter<CatalogueChange>()
  const heard: CatalogueChange[] = []
  changes.on((change) => void heard.push(change))
  const keys = (count: number) => Array.from({ length: count }, (_, i) => ({ cid: `${i}`, path: `${i}` }))
  const entries = (count: number) =>
    keys(count).map((key) => ({
      ...key,
      sha256: '',
      name: '',
      sizeBytes: 0,
      kind: 'file' as const,
      modifiedMs: 0,
    }))
  emitChange(changes, { added: [], removed: [] })
  assert.equal(heard.length, 0)
  const small = { added: entries(2), removed: keys(1) }
  emitChange(changes, small)
  assert.deepEqual(heard.splice(0), [small])
  const big = { added: entries(2500), removed: keys(1001) }
  emitChange(changes, big)
  assert.deepEqual(
    heard.map(({ added, removed }) => [removed.length, added.length]),
    [
      [MAX_CHANGE, 0],
      [1, 0],
      [0, MAX_CHANGE],
      [0, MAX_CHANGE],
      [0, 500],
    ],
  )
  assert.deepEqual(
    heard.flatMap(({ added }) => added),
    big.added,
  )
  assert.deepEqual(
    heard.flatMap(({ removed }) => removed),
    big.removed,
  )
})
