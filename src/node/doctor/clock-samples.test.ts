import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import fc from 'fast-check'
import { systemClock } from '../../base/clock.ts'
import { askTime, sampleOfDate, sampleOfRecord } from './clock-samples.ts'

const NOW = 1_795_000_000_000
const HOUR = 3_600_000
const record = (seq: number, expiresMs = seq + HOUR) => ({ peerId: 'p', name: 'anna', seq, expiresMs })

test('the true difference of the clocks is within what a record tells', () => {
  const ms = { min: -10 * HOUR, max: 10 * HOUR }
  fc.assert(
    fc.property(
      fc.integer(ms),
      fc.nat(HOUR / 2),
      fc.integer({ min: 60_000, max: 24 * HOUR }),
      (aheadMs, ageMs, ttlMs) => {
        const age = Math.min(ageMs, ttlMs / 2)
        const signedMs = Math.round(NOW + aheadMs - age)
        const sample = sampleOfRecord(record(signedMs, signedMs + ttlMs), NOW)
        assert.ok(sample)
        assert.ok(
          sample.lowMs <= aheadMs && aheadMs <= sample.highMs,
          JSON.stringify({ aheadMs, age, sample }),
        )
      },
    ),
  )
})

test('a record whose number is no time of signing tells nothing', () => {
  for (const one of [record(7), record(NOW, NOW + 1000), record(NOW, NOW - 1), record(NOW, NOW + 25 * HOUR)])
    assert.equal(sampleOfRecord(one, NOW), undefined)
  assert.equal(sampleOfRecord({ ...record(NOW), name: '' }, NOW)?.from, 'p')
})

test('a Date header tells the time to the second and the way', () => {
  const at = { sentMs: NOW, receivedMs: NOW + 80 }
  const text = new Date(NOW + 5000).toUTCString()
  assert.deepEqual(sampleOfDate('a', text, at), { from: 'a', lowMs: 4920, highMs: 6000 })
  for (const none of [null, '', 'tomorrow']) assert.equal(sampleOfDate('a', none, at), undefined)
})

test('an index server tells the time; one that does not answer tells nothing', async () => {
  const server = createServer((_request, response) => {
    response.setHeader('date', new Date(Date.now() + HOUR).toUTCString())
    response.end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`)
  const { signal } = new AbortController()
  const sample = await askTime({ label: 'x', url }, systemClock, signal)
  assert.equal(sample?.from, 'the index server x')
  assert.ok(sample.lowMs > HOUR - 60_000 && sample.highMs < HOUR + 60_000)
  await new Promise((resolve) => server.close(resolve))
  assert.equal(await askTime({ label: 'x', url }, systemClock, signal), undefined)
})
