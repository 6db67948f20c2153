import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runAll } from './jobs.ts'
import { run } from './run.ts'
import type { RunSpec } from './spec.ts'

const spec: RunSpec = {
  ...{ label: 'tiny', contender: 'index', nodes: 4, seed: 3, settleMs: 5_000 },
  steps: [{ do: 'queries', label: 'searches', count: 4, overMs: 1_000 }],
}

test('worlds in processes of their own give what they give here, in the order asked for', async () => {
  const specs = [spec, { ...spec, label: 'other', seed: 4 }]
  const done: string[] = []
  const results = await runAll(specs, {
    ...{ atOnce: 2, execArgv: [] },
    onDone: (result) => done.push(result.spec.label),
  })
  assert.deepEqual(done.sort(), ['other', 'tiny'])
  assert.deepEqual(
    results.map((result) => result.spec.label),
    ['tiny', 'other'],
  )
  assert.deepEqual(results[0]!.measures, (await run(spec)).measures)
})

test('a world that cannot be is told', async () => {
  const impossible = { ...spec, nodes: 0 }
  await assert.rejects(
    runAll([impossible], { atOnce: 1, execArgv: [], onDone: () => {} }),
    /The world "tiny" failed/,
  )
})
