import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runShoal } from '../../test/support/cli-run.ts'
import { fakeNode } from '../../test/support/fake-node.ts'
import { QUERY, SEARCH, STATS } from '../api/testing/fake-stats.ts'
import { lastRate } from './commands/stats-text.ts'

const answers = {
  'GET /stats': () => ({ json: STATS }),
  'GET /stats/searches': () => ({ json: { searches: [SEARCH] } }),
  'GET /stats/queries': () => ({ json: { queries: [QUERY] } }),
}

test('stats for people: totals, rates, and the last hour where there is room', async () => {
  await using node = await fakeNode(answers)
  const wide = await runShoal(['stats', '--node', node.url], { terminalColumns: 100 })
  assert.equal(wide.code, 0)
  assert.match(
    wide.stdout,
    /^Sent +2\.00 KiB \(2\.00 KiB on the local network\); 102 B\/s in the last minute$/m,
  )
  assert.match(wide.stdout, /^Blocks +1 verified; badHash 1$/m)
  assert.match(wide.stdout, /^Asked by flood +5 received, 2 answered with hits, 1 dropped$/m)
  assert.match(wide.stdout, /^Free +977 KiB for downloads$/m)
  assert.match(wide.stdout, /^Sent, last hour +▁█$/m)
  for (const options of [{}, { terminalColumns: 30 }])
    assert.doesNotMatch((await runShoal(['stats', '--node', node.url], options)).stdout, /█/)
})

test('stats for programs: one object; of a log one a row', async () => {
  await using node = await fakeNode(answers)
  const json = async (...args: string[]) =>
    (await runShoal(['stats', '--json', '--node', node.url, ...args])).lines
  assert.deepEqual(await json(), [{ event: 'stats', ...STATS }])
  assert.deepEqual(await json('--searches'), [{ event: 'search', ...SEARCH }])
  assert.deepEqual(await json('--queries', '--limit', '999'), [{ event: 'query', ...QUERY }])
  assert.equal(node.requests.at(-1)?.query.get('limit'), '200')
})

test('what others wrote reaches the terminal as text', async () => {
  await using node = await fakeNode(answers)
  for (const args of [[], ['--searches'], ['--queries']])
    for (const options of [{}, { terminalColumns: 120 }]) {
      const { stdout } = await runShoal(['stats', '--node', node.url, ...args], options)
      assert.ok(stdout.length > 0)
      assert.doesNotMatch(stdout, /[\u001b\u202e]/)
    }
  const { stdout } = await runShoal(['stats', '--searches', '--json', '--node', node.url])
  assert.doesNotMatch(stdout, /[\u001b\u202e]/)
})

test('empty logs say so, and why', async () => {
  await using node = await fakeNode({
    'GET /stats/searches': () => ({ json: { searches: [] } }),
    'GET /stats/queries': () => ({ json: { queries: [] } }),
  })
  const searches = await runShoal(['stats', '--searches', '--node', node.url])
  assert.deepEqual([searches.code, searches.stdout], [0, ''])
  assert.match(searches.stderr, /Nothing was looked for/)
  const queries = await runShoal(['stats', '--queries', '--node', node.url])
  assert.match(queries.stderr, /logQueries/)
  assert.equal((await runShoal(['stats', '--queries', '--json', '--node', node.url])).stderr, '')
  assert.equal((await runShoal(['stats', '--queries', '--searches', '--node', node.url])).code, 2)
})

test('a rate is that of the last minute, or of what there is', () => {
  const series = { ...STATS.series.hour, stepMs: 10_000 } as never
  assert.equal(lastRate(series, []), undefined)
  assert.equal(lastRate(series, [100]), 10)
  assert.equal(lastRate(series, [1e9, 60, 0, 0, 0, 0, 0]), 1)
})
