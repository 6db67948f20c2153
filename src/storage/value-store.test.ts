import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import fc from 'fast-check'
import { silentLogger } from '../base/log.ts'
import { openOrRebuild } from './database.ts'
import { openStateDatabase } from './state-database.ts'
import { STATE_MIGRATIONS } from './state-schema.ts'
import type { ValueFacts } from './value-store.ts'

const bytes = (fill: number, length = 32) => new Uint8Array(length).fill(fill)
const body = (fill: number) => ({ record: bytes(fill, 10), signature: bytes(fill, 64) })
const factsOf = (key: string, change: Partial<ValueFacts> = {}): ValueFacts => ({
  ...{ key, writer: 'w', version: 2 ** 52 + 1, valueSha256: bytes(1), expiresMs: 1000 },
  ...{ sizeBytes: 10, distance: bytes(7), own: false },
  ...change,
})

function newPath(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'shoal-values-'))
  t.after(() => rmSync(folder, { recursive: true }))
  return join(folder, 'state.db')
}

const open = (path: string) => openStateDatabase(path, { log: silentLogger })

test('records survive a restart as they were put, and are replaced whole', (t) => {
  const path = newPath(t)
  let state = open(path)
  state.values.put(factsOf('a'), body(1))
  state.values.put(factsOf('a', { version: 5, own: true, writer: 'x' }), body(2))
  state.values.put(factsOf('é 🦈'), body(3))
  state.close()
  state = open(path)
  const plain = (facts: ValueFacts | undefined) =>
    facts && {
      ...facts,
      valueSha256: new Uint8Array(facts.valueSha256),
      distance: new Uint8Array(facts.distance),
    }
  assert.deepEqual(plain(state.values.facts('a')), factsOf('a', { version: 5, own: true, writer: 'x' }))
  assert.deepEqual(plain(state.values.facts('é 🦈')), factsOf('é 🦈'))
  const { record, signature } = state.values.body('a')!
  assert.deepEqual([new Uint8Array(record), new Uint8Array(signature)], Object.values(body(2)))
  assert.equal(state.values.body('none'), undefined)
  assert.equal(state.values.remove('a'), true)
  assert.equal(state.values.remove('a'), false)
  assert.equal(state.values.body('a'), undefined)
  state.close()
})

test('what is due, what is over, what is farthest', (t) => {
  const { values, close } = open(newPath(t))
  values.put(factsOf('own late', { own: true, expiresMs: 50 }), body(1))
  values.put(factsOf('own soon', { own: true, expiresMs: 10, distance: bytes(9) }), body(1))
  values.put(factsOf('ended', { expiresMs: 20, distance: bytes(5) }), body(1))
  values.put(factsOf('far', { expiresMs: 60, distance: bytes(8) }), body(1))
  const keys = (list: readonly { key: string }[]) => list.map(({ key }) => key)
  assert.deepEqual(keys(values.ownEndingBefore(51, 10)), ['own soon', 'own late'])
  assert.deepEqual(keys(values.ownEndingBefore(50, 10)), ['own soon'])
  assert.deepEqual(keys(values.farthest(bytes(0), 10)), ['far', 'ended'])
  assert.deepEqual(keys(values.farthest(bytes(5), 10)), ['far'])
  assert.deepEqual(keys(values.page('', 2)), ['ended', 'far'])
  assert.deepEqual(keys(values.page('far', 9)), ['own late', 'own soon'])
  assert.equal(values.removeEnded(100, 1), 1)
  assert.equal(values.removeEnded(100, 9), 1)
  assert.deepEqual(keys(values.page('', 9)), ['own late', 'own soon'])
  values.put(factsOf('mine'), body(1))
  values.own('mine')
  assert.equal(values.facts('mine')?.own, true)
  close()
})

test('totals are what a count would give, also after a transaction that failed', (t) => {
  const { values, close } = open(newPath(t))
  const change = fc.record({
    key: fc.constantFrom('a', 'b', 'c', 'd'),
    writer: fc.constantFrom('w', 'x'),
    sizeBytes: fc.integer({ min: 1, max: 100 }),
    what: fc.constantFrom('put', 'remove', 'fail'),
  })
  fc.assert(
    fc.property(fc.array(change, { maxLength: 15 }), (changes) => {
      for (const { what, key, ...facts } of changes) {
        if (what === 'remove') values.remove(key)
        else if (what === 'put') values.put(factsOf(key, facts), body(1))
        else
          assert.throws(() =>
            values.transaction(() => {
              values.put(factsOf(key, facts), body(1))
              throw new Error('no')
            }),
          )
      }
      const all = values.page('', 100)
      const sum = (list: readonly ValueFacts[]) => ({
        records: list.length,
        sizeBytes: list.reduce((total, { sizeBytes }) => total + sizeBytes, 0),
      })
      assert.deepEqual(values.totals(), sum(all))
      assert.deepEqual(values.totalsOf('w'), sum(all.filter(({ writer }) => writer === 'w')))
    }),
    { numRuns: 30 },
  )
  close()
})

test('a state database of before gets the tables and keeps what it has', (t) => {
  const path = newPath(t)
  const old = openOrRebuild({ path, migrations: STATE_MIGRATIONS.slice(0, 1), log: silentLogger })
  old.db.exec(`INSERT INTO peers VALUES ('p', 'name', '[]', 5)`)
  old.db.close()
  const state = open(path)
  assert.equal(state.peers.get('p')?.name, 'name')
  assert.deepEqual(state.values.totals(), { records: 0, sizeBytes: 0 })
  state.close()
})
