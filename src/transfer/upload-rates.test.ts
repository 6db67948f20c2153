import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualClock } from '../base/clock.ts'
import { UploadRates } from './upload-rates.ts'

const row = (peerId: string, bytes: number) => ({ peerId, cid: 'c', bytes })

test('rates follow what is sent; uploads that are over are forgotten', async () => {
  const clock = new ManualClock()
  let rows = [row('a', 0), row('b', 0)]
  const rates = new UploadRates(clock, () => rows)
  assert.deepEqual(rates.of(rows), [0, 0])
  for (let i = 1; i <= 20; i++) {
    rows = [row('a', i * 1000), row('b', i * 10), row('a', i * 100)]
    await clock.advance(250)
  }
  const [first, second, third] = rates.of(rows)
  for (const [got, wanted] of [
    [first, 4000],
    [second, 40],
    [third, 400],
  ] as const)
    assert.ok(Math.abs(got! - wanted) <= 0.1 * wanted, `${got} of ${wanted}`)
  await clock.advance(4000)
  assert.deepEqual(rates.of(rows), [0, 0, 0], 'nothing more was sent')
  rows = [row('b', 200)]
  await clock.advance(250)
  rows = [row('b', 200), row('a', 5)]
  assert.deepEqual(rates.of(rows), [0, 0], 'who comes again begins anew')
  rates.stop()
})
