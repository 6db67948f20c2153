import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualClock } from '../base/clock.ts'
import { seededRandom } from '../base/random.ts'
import { RateMeter } from '../base/rate-meter.ts'
import { KIB, MIB } from '../base/units.ts'
import { ByteBudget } from './budget.ts'
import { latest } from './latest.ts'
import { nextPartBytes, START_PART_BYTES } from './part-size.ts'
import { PeerHealth } from './peer-health.ts'
import { TokenBucket } from './token-bucket.ts'

test('rate: over the last three seconds, from the first byte on', () => {
  const meter = new RateMeter()
  assert.equal(meter.rateBytesPerSecond(50), 0)
  for (let ms = 1000; ms <= 2000; ms += 100) meter.add(100, ms)
  assert.ok(Math.abs(meter.rateBytesPerSecond(2000) - 1100) < 1)
  for (let ms = 2100; ms <= 10_000; ms += 100) meter.add(100, ms)
  assert.ok(Math.abs(meter.rateBytesPerSecond(10_000) - 1000) < 100)
  assert.ok(meter.rateBytesPerSecond(11_500) < 700)
  assert.equal(meter.rateBytesPerSecond(14_000), 0)
  meter.add(3000, 60_000)
  assert.ok(Math.abs(meter.rateBytesPerSecond(60_000) - 1090) < 100, 'an old meter divides by its window')
})

test('budget: equal shares, never more than there is, always a block for each', () => {
  const budget = new ByteBudget(8 * MIB)
  const a = budget.join()
  assert.equal(a.room(), 8 * MIB)
  a.set(6 * MIB)
  const b = budget.join()
  assert.equal(a.room(), 0, 'more than its half')
  assert.equal(b.room(), 2 * MIB)
  b.set(2 * MIB)
  a.set(1 * MIB)
  assert.deepEqual([a.room(), b.room(), budget.takenBytes], [3 * MIB, 2 * MIB, 3 * MIB])
  a.leave()
  a.set(99)
  assert.equal(budget.takenBytes, 2 * MIB)
  b.set(0)
  const many = Array.from({ length: 99 }, () => budget.join())
  assert.ok(many.every((share) => share.room() >= MIB))
})

test('parts: small at first, whole blocks on a fast line, small again on a slow one', () => {
  const sizes: number[] = []
  for (let size = START_PART_BYTES; sizes.length < 6; size = nextPartBytes(size, 1)) sizes.push(size / KIB)
  assert.deepEqual(sizes, [64, 128, 256, 512, 1024, 1024])
  assert.equal(nextPartBytes(MIB, 5000), MIB / 2)
  assert.equal(nextPartBytes(MIB, 500), MIB)
  assert.equal(nextPartBytes(16 * KIB, 5000), 16 * KIB)
})

test('token bucket: a burst, then so many a second', async () => {
  const clock = new ManualClock()
  const bucket = new TokenBucket(clock, 3, 2)
  assert.deepEqual(
    [1, 2, 3, 4].map(() => bucket.take()),
    [true, true, true, false],
  )
  await clock.advance(500)
  assert.deepEqual([bucket.take(), bucket.take()], [true, false])
  await clock.advance(60_000)
  assert.deepEqual(
    [1, 2, 3, 4].map(() => bucket.take()),
    [true, true, true, false],
  )
})

test('health: bans end, rests grow and are forgiven, nothing grows without end', () => {
  const health = new PeerHealth({ banMs: 1000, retryBaseMs: 100, retryMaxMs: 400 }, seededRandom(1))
  health.ban('a', 'lies', 0)
  assert.equal(health.banned('a', 999), 'lies')
  assert.equal(health.banned('a', 1000), undefined)
  const rests = [1, 2, 3, 4].map(() => {
    health.unreachable('b', 0)
    return health.readyAtMs('b')
  })
  for (const [i, most] of [100, 200, 400, 400].entries()) assert.ok(rests[i]! > most / 2 && rests[i]! <= most)
  health.reached('b')
  assert.equal(health.readyAtMs('b'), 0)
  for (let i = 0; i < 3000; i++) health.ban(`p${i}`, 'lies', 0)
  assert.equal(Object.keys(health.getDebugState().bans as object).length, 1000)
})

test('latest: a slow reader gets the newest, not all', async () => {
  let give: (value: number) => void = () => {}
  const reader = latest<number>((to) => {
    give = to
    return () => {
      give = () => {}
    }
  })
  const { signal } = new AbortController()
  give(1)
  give(2)
  assert.equal(await reader.next(signal), 2)
  const waiting = reader.next(signal)
  give(3)
  give(4)
  assert.equal(await waiting, 4)
  await assert.rejects(reader.next(AbortSignal.abort(new Error('enough'))), /enough/)
})
