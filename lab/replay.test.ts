import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { NewcomersMeasure, QueryMeasure, RunResult } from './measures.ts'
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

for (const sharing of ['told', 'settled'] as const) {
  test(`nodes that know each other from the beginning find what is ${sharing}, and what comes later`, async () => {
    const spec: RunSpec = {
      ...{ label: 'warm', contender: 'zone', nodes: 40, seed: 5, joining: 'warm', sharing, settleMs: 20_000 },
      steps: [
        { do: 'queries', label: 'searches', count: 20, overMs: 5_000 },
        { do: 'newcomers', label: 'newcomers', count: 3, seekers: 5 },
      ],
    }
    const { measures, sent } = await run(spec)
    const [searches, newcomers] = measures as [QueryMeasure, NewcomersMeasure]
    assert.equal(searches.all.recall, 1)
    assert.equal(newcomers.foundByAll, 3)
    // Nobody told the others what they know from the beginning.
    const published = sent.Publish ?? 0
    assert.equal(published > 40, sharing === 'told', `${published} messages`)
  })
}
