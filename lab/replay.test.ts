import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { QueryMeasure, RunResult } from './measures.ts'
import { run } from './run.ts'
import { CONTENDERS, type RunSpec } from './spec.ts'

/** All but what it took in earnest. */
const replayable = ({ real: _, ...rest }: RunResult) => rest

for (const contender of CONTENDERS) {
  test(`${contender}: a seed gives exactly the same run each time, another one another; all is found and counted`, async () => {
    const spec: RunSpec = {
      ...{ label: contender, contender, nodes: 24, seed: 5, settleMs: 20_000 },
      steps: [
        { do: 'queries', label: 'before', count: 20, overMs: 5_000 },
        { do: 'kill', share: 0.3 },
        { do: 'queries', label: 'after', count: 10, overMs: 5_000, salt: 1 },
        { do: 'background', label: 'idle', ms: 5_000 },
      ],
    }
    const [first, again] = [await run(spec), await run(spec)]
    assert.deepEqual(replayable(again), replayable(first))
    const other = await run({ ...spec, seed: 6, steps: spec.steps.slice(0, 1) })
    for (const { measures } of [first, other]) {
      const { all, carried, told } = measures[0] as QueryMeasure
      assert.deepEqual([all.recall, all.failed, carried - told], [1, 0, 0])
    }
    assert.notDeepEqual((other.measures[0] as QueryMeasure).all, (first.measures[0] as QueryMeasure).all)
  })
}

test('nodes that know each other from the beginning find things as well', async () => {
  const spec: RunSpec = {
    ...{ label: 'warm', contender: 'zone', nodes: 30, seed: 5, joining: 'warm', settleMs: 20_000 },
    steps: [{ do: 'queries', label: 'searches', count: 20, overMs: 5_000 }],
  }
  const { measures } = await run(spec)
  assert.equal((measures[0] as QueryMeasure).all.recall, 1)
})
