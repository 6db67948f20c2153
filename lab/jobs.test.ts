import assert from 'node:assert/strict'
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
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

test('a world ends with the process that wanted it', { timeout: 30_000 }, async (t) => {
  const child = fork(fileURLToPath(new URL('./child.ts', import.meta.url)), { execArgv: [] })
  t.after(() => child.kill('SIGKILL'))
  const exit = once(child, 'exit')
  // It would take minutes.
  child.send({ ...spec, contender: 'zone', nodes: 3000 }, () => child.disconnect())
  assert.deepEqual(await exit, [0, null])
})
