import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ReplicasMeasure, RunResult } from '../measures.ts'
import { run } from '../run.ts'
import type { ReplicasSpec, RunSpec } from '../spec.ts'
import { availability } from './formula.ts'

const MINUTE_MS = 60_000

function spec(seed: number, replicas: Partial<ReplicasSpec>, nodes = 12): RunSpec {
  return {
    ...{ label: 'replicas', contender: 'replicas', nodes, seed, steps: [] },
    replicas: {
      ...{ up: 0.5, graceMs: 30_000, files: [{ replicas: 3, count: 6 }] },
      ...{ sizeBytes: 2 ** 20, bytesPerSecond: 2 ** 18, warmUpMs: MINUTE_MS, forMs: 25 * MINUTE_MS },
      ...replicas,
    },
  }
}

const measureOf = ({ measures }: RunResult) => measures[0] as ReplicasMeasure

test('copies: a seed gives exactly the same run each time, another one another; what is lost is made again', async () => {
  const [first, again] = [await run(spec(5, {})), await run(spec(5, {}))]
  const replayable = ({ real: _, ...rest }: RunResult) => rest
  assert.deepEqual(replayable(again), replayable(first))
  const other = measureOf(await run(spec(6, {})))
  assert.notDeepEqual(other, measureOf(first))
  for (const { copies, warnings, mostHolders } of [measureOf(first), other]) {
    const [{ available, live, mostLive, fetchedPerHour }] = copies as [(typeof copies)[number]]
    assert.equal(available, 1)
    assert.ok(live > 2.5 && mostLive <= 5 && mostHolders <= 8, `${live}, ${mostLive}, ${mostHolders}`)
    assert.ok(fetchedPerHour > 0, `${fetchedPerHour}`)
    assert.deepEqual(warnings, {})
  }
})

test('copies that nobody makes again are there as often as the formula says', async () => {
  const { copies } = measureOf(
    await run(
      spec(
        5,
        {
          ...{ graceMs: 'never', warmUpMs: 0, forMs: 10 * MINUTE_MS },
          files: [1, 2, 3].map((replicas) => ({ replicas, count: 30 })),
        },
        30,
      ),
    ),
  )
  for (const { replicas, available, live, stored, fetchedPerHour } of copies) {
    // Those that have the copies count: they may be there more often than others.
    const right = availability(live / stored, replicas)
    assert.ok(Math.abs(available - right) < 0.12, `${replicas} copies: ${available} instead of ${right}`)
    assert.deepEqual([stored, fetchedPerHour], [replicas, 0])
  }
})
