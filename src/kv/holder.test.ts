import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import fc from 'fast-check'
import { ManualClock } from '../base/clock.ts'
import { silentLogger } from '../base/log.ts'
import { createIdentity } from '../link/identity.ts'
import { openStateDatabase } from '../storage/state-database.ts'
import { Holder } from './holder.ts'
import { DEFAULT_KV_OPTIONS, type KvLimits, LIFETIME_MS } from './options.ts'
import { newest } from './order.ts'
import { signValue } from './record.ts'

const me = createIdentity()
const writers = [me, createIdentity(), createIdentity()]

function newHolder(t: TestContext, limits: Partial<KvLimits> = {}) {
  const clock = new ManualClock()
  const state = openStateDatabase(':memory:', { log: silentLogger, clock })
  t.after(() => state.close())
  const all = { ...DEFAULT_KV_OPTIONS, ...limits }
  return {
    clock,
    store: state.values,
    holder: new Holder({ store: state.values, self: me.peerId, limits: all, clock }),
  }
}

const start = new ManualClock().now()
const record = fc
  .record({
    writer: fc.constantFrom(...writers),
    key: fc.constantFrom('a', 'b'),
    value: fc.constantFrom('', 'x', 'y').map((text) => Buffer.from(text)),
    version: fc.integer({ min: start - 2, max: start }),
    expiresMs: fc.integer({ min: start + 1000, max: start + 1002 }),
  })
  .map(({ writer, ...fields }) => signValue(writer, fields))

test('two that are given the same records in any order and any batches keep the same ones: the newest', (t) => {
  const given = fc
    .array(record, { minLength: 1, maxLength: 10 })
    .chain((records) =>
      fc.tuple(
        fc.shuffledSubarray(records, { minLength: records.length }),
        fc.constant(records),
        fc.integer({ min: 1, max: 4 }),
      ),
    )
  fc.assert(
    fc.property(given, ([one, other, batch]) => {
      const [a, b] = [newHolder(t), newHolder(t)]
      for (const each of one) a.holder.accept([each])
      for (let at = 0; at < other.length; at += batch) b.holder.accept(other.slice(at, at + batch))
      for (const key of ['a', 'b']) {
        const best = newest(one.filter((each) => each.key === key))
        const kept = [a, b].map(({ holder }) => holder.get(key))
        assert.deepEqual(
          kept.map((each) => each && Buffer.from(each.signed.record)),
          [best, best].map((each) => each && Buffer.from(each.signed.record)),
        )
      }
    }),
    { numRuns: 40 },
  )
})

test('judging a head says what accepting the record does', (t) => {
  fc.assert(
    fc.property(fc.array(record, { maxLength: 4 }), record, (before, next) => {
      const { holder } = newHolder(t)
      for (const each of before) holder.accept([each])
      const judged = holder.judge(next)
      assert.deepEqual(holder.accept([next]), [judged])
    }),
    { numRuns: 40 },
  )
})

test('what is void is not there, and anything may take its place', async (t) => {
  const { holder, clock } = newHolder(t)
  const fields = { key: 'k', value: Buffer.from('v') }
  const [, stranger] = writers
  holder.accept([signValue(stranger!, { ...fields, version: start, expiresMs: start + 10 })])
  await clock.advance(10)
  assert.equal(holder.get('k'), undefined)
  const older = signValue(stranger!, { ...fields, version: start - 5, expiresMs: start + 1000 })
  assert.deepEqual(holder.accept([older]), [{ kind: 'stored' }])
  assert.equal(holder.get('k')?.version, start - 5)
})

test('an own record stays own until somebody else writes something newer', async (t) => {
  const { holder, clock, store } = newHolder(t)
  const fields = { key: 'k', value: Buffer.from('v') }
  const mine = (version: number, expiresMs: number) => signValue(me, { ...fields, version, expiresMs })
  // Another node was faster to bring it.
  assert.deepEqual(holder.accept([mine(start, start + 100)]), [{ kind: 'stored' }])
  assert.equal(store.facts('k')?.own, false)
  assert.deepEqual(holder.accept([mine(start, start + 100)], { own: true }), [{ kind: 'same' }])
  assert.equal(store.facts('k')?.own, true)
  holder.accept([mine(start, start + 200)])
  assert.equal(store.facts('k')?.own, true, 'what comes back renewed is still own')
  await clock.advance(300)
  const theirs = (version: number) =>
    signValue(writers[1]!, { ...fields, version, expiresMs: start + LIFETIME_MS })
  assert.deepEqual(holder.accept([theirs(start - 1)]), [{ kind: 'newer', version: start }])
  assert.deepEqual(holder.accept([theirs(start + 1)]), [{ kind: 'stored' }])
  assert.equal(store.facts('k')?.own, false)
})

test('own records are not let go, and make room for themselves', (t) => {
  const { holder, store } = newHolder(t, { maxRecords: 4 })
  const sign = (by: typeof me, key: string) =>
    signValue(by, { key, value: Buffer.from('v'), version: start, expiresMs: start + 1000 })
  for (let i = 0; i < 20; i++) holder.accept([sign(writers[1]!, `k${i}`)])
  assert.equal(store.totals().records, 4)
  for (const key of ['x', 'y', 'z'])
    assert.deepEqual(holder.accept([sign(me, key)], { own: true }), [{ kind: 'stored' }])
  for (let i = 20; i < 60; i++) holder.accept([sign(writers[1]!, `k${i}`)])
  for (const key of ['x', 'y', 'z']) assert.ok(holder.get(key), key)
  assert.equal(store.totals().records, 4)
  assert.ok(holder.evicted >= 3)
})
