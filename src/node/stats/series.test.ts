import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { ManualClock } from '../../base/clock.ts'
import { AMOUNTS, DAY_STEPS, HOUR_STEPS, LEVELS, STEP_MS, StatsSeries } from './series.ts'

function setUp() {
  const clock = new ManualClock(1_000_000)
  const now = {
    ...{ uploadedBytes: 0, downloadedBytes: 0, blockFailures: 0, searches: 0, queries: 0 },
    ...{ peersAlive: 0, neighbours: 0 },
  }
  const series = new StatsSeries({ clock, read: () => ({ ...now }) })
  return { clock, now, series }
}

/** Past the end of so many steps. */
const steps = (count: number) => count * STEP_MS

test('there is nothing before the first step is over', () => {
  const { series } = setUp()
  const { uploadedBytes, neighbours, endMs, stepMs } = series.hour()
  assert.deepEqual(
    { uploadedBytes, neighbours, endMs, stepMs },
    {
      ...{ uploadedBytes: [], neighbours: [], endMs: 1_000_000, stepMs: STEP_MS },
    },
  )
})

test('amounts stand in the step in which they came, levels as they were at its end', async () => {
  const { clock, now, series } = setUp()
  now.uploadedBytes = 100
  now.peersAlive = 3
  await clock.advance(steps(1) + 5)
  now.uploadedBytes = 150
  now.peersAlive = 9
  await clock.advance(steps(1) / 2)
  now.peersAlive = 2
  await clock.advance(steps(1) / 2)
  const { uploadedBytes, searches, peersAlive, endMs } = series.hour()
  assert.deepEqual(uploadedBytes, [100, 50])
  assert.deepEqual(searches, [0, 0])
  assert.deepEqual(peersAlive, [3, 2])
  assert.equal(endMs, 1_000_000 + steps(2))
})

test('six steps are one of the day', async () => {
  const { clock, now, series } = setUp()
  await clock.advance(5)
  for (let i = 1; i <= 13; i++) {
    now.queries += i
    now.neighbours = i
    await clock.advance(steps(1))
  }
  const { queries, neighbours, endMs, stepMs } = series.day()
  assert.deepEqual(queries, [21, 57])
  assert.deepEqual(neighbours, [6, 12])
  assert.equal(stepMs, 60_000)
  assert.equal(endMs, 1_000_000 + 120_000)
})

test('while the machine slept nothing happened, and the clock of the series goes on', () => {
  const { clock, now, series } = setUp()
  let wall = 1_000_000
  let steady = 1_000_000
  Object.assign(clock, { now: () => wall, monotonic: () => steady })
  now.neighbours = 4
  steady += steps(1)
  wall += steps(1)
  series.hour()
  now.uploadedBytes = 7
  now.neighbours = 0
  steady += steps(3)
  wall += steps(3)
  const { uploadedBytes, neighbours, endMs } = series.hour()
  assert.deepEqual(uploadedBytes, [0, 0, 0, 7])
  assert.deepEqual(neighbours, [4, 4, 4, 0])
  assert.equal(endMs, wall)
  // A year later: what there is fits, and it does not take a year.
  steady += steps(6 * 60 * 24 * 365)
  now.uploadedBytes = 9
  assert.equal(series.hour().uploadedBytes.length, HOUR_STEPS)
  assert.equal(series.hour().uploadedBytes.at(-1), 2)
  // Nothing of the minute before the sleep, and the last minute is not over.
  const day = series.day()
  assert.equal(day.uploadedBytes.length, DAY_STEPS)
  assert.ok(day.uploadedBytes.every((each) => each === 0))
})

test('a stopped series asks for nothing', async () => {
  const clock = new ManualClock()
  let reads = 0
  const read = () => {
    reads++
    return Object.fromEntries([...AMOUNTS, ...LEVELS].map((name) => [name, 0])) as never
  }
  const series = new StatsSeries({ clock, read })
  await clock.advance(steps(2) + 5)
  assert.equal(reads, 3)
  series.stop()
  await clock.advance(steps(5))
  assert.equal(reads, 3)
})

test('nothing is lost and nothing counted twice, however the time passes', async () => {
  const moves = fc.array(fc.record({ ms: fc.nat(25_000), bytes: fc.nat(1e9) }), { maxLength: 20 })
  await fc.assert(
    fc.asyncProperty(moves, async (all) => {
      const { clock, now, series } = setUp()
      for (const { ms, bytes } of all) {
        await clock.advance(ms)
        now.downloadedBytes += bytes
      }
      await clock.advance(steps(1) + 1)
      const { downloadedBytes, endMs } = series.hour()
      series.stop()
      const told = downloadedBytes.reduce((sum, each) => sum + each, 0)
      assert.equal(told, now.downloadedBytes)
      assert.ok(clock.now() - endMs < STEP_MS && endMs <= clock.now())
    }),
    { numRuns: 30 },
  )
})
