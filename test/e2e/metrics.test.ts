import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { writeRandomFile } from '../support/files.ts'
import { described, listedMetrics, parseMetrics, sampleOf, type ToldMetric } from '../support/metrics.ts'
import type { ShoalProcess } from '../support/process.ts'
import { newWorld } from '../support/shoal.ts'
import { until } from '../support/until.ts'

const isOwn = ({ name }: { name: string }) => name.startsWith('shoal_')

async function scrape(server: ShoalProcess): Promise<ToldMetric[]> {
  const answer = await fetch(`${server.ready.http}/metrics`)
  assert.equal(answer.status, 200)
  assert.match(answer.headers.get('content-type') ?? '', /^text\/plain; version=0\.0\.4/)
  return parseMetrics(await answer.text())
}

describe('metrics of running servers', () => {
  const world = newWorld()
  let index: ShoalProcess
  let owner: ShoalProcess
  let taker: ShoalProcess
  const SIZE = 3 * 1024 * 1024 + 7

  before(async () => {
    index = await world.startIndex()
    const share = world.folder('shared')
    writeRandomFile(join(share, 'report.bin'), SIZE)
    const servers = [index.ready.grpc]
    ;[owner, taker] = await Promise.all([
      world.startNode({ name: 'owner', shares: [share], index: servers }),
      world.startNode({ name: 'taker', index: servers, args: ['--dialect', 'central:0'] }),
    ])
    await until('the file is found from the other node', async () => {
      const { code } = await world.shoal(['search', 'report', '--json'], taker)
      return code === 0 ? true : undefined
    })
    assert.equal((await world.shoal(['get', 'report.bin', '--json'], taker)).code, 0)
  })
  after(() => world[Symbol.asyncDispose]())

  test('what a node tells is what docs/METRICS.md lists, and the other way round', async () => {
    const told = await scrape(taker)
    const own = told.filter(isOwn)
    const counts = listedMetrics('Counts of a node')
    const isCount = ({ name }: { name: string }) => counts.some((count) => count.name === name)
    assert.deepEqual(described(own.filter((metric) => !isCount(metric))), listedMetrics('Node'))
    assert.deepEqual(described(own.filter(isCount)), counts)
    for (const { name, samples } of own) assert.ok(samples.length > 0, `${name} is never used`)
    // Their labels come with what happens: kinds of garbage collection, kinds of resources.
    const nameAndType = ({ name, type }: { name: string; type: string }) => `${name} ${type}`
    assert.deepEqual(
      described(told.filter((metric) => !isOwn(metric))).map(nameAndType),
      listedMetrics('Process').map(nameAndType),
    )
  })

  test('what an index server tells is what docs/METRICS.md lists', async () => {
    const told = (await scrape(index)).filter(isOwn)
    // The first scrape is the first request of its own.
    const again = (await scrape(index)).filter(isOwn)
    assert.equal(told.length, again.length)
    assert.deepEqual(described(again), listedMetrics('Index server'))
    for (const { name, samples } of again) assert.ok(samples.length > 0, `${name} is never used`)
  })

  test('the values are those of what happened', async () => {
    const [shared, fetched, registered] = await Promise.all([scrape(owner), scrape(taker), scrape(index)])
    assert.equal(sampleOf(shared, 'shoal_library_bytes'), SIZE)
    assert.equal(sampleOf(fetched, 'shoal_downloads', 'state="done"'), 1)
    assert.ok(sampleOf(fetched, 'shoal_search_duration_seconds_count', 'locator="index"')! >= 1)
    assert.equal(sampleOf(registered, 'shoal_index_sessions'), 2)
    assert.ok(sampleOf(registered, 'shoal_index_entries')! >= 1)
    assert.equal(sampleOf(registered, 'shoal_index_requests_total', 'kind="login"'), 2)
    assert.ok(sampleOf(registered, 'shoal_index_requests_total', 'kind="search"')! >= 1)
    assert.equal(sampleOf(registered, 'shoal_index_rate_limited_total', 'kind="search"'), 0)
    assert.ok(sampleOf(registered, 'shoal_index_database_bytes')! > 0)
  })

  test('a server that is ready says so', async () => {
    for (const server of [index, owner]) {
      const answer = await fetch(`${server.ready.http}/readyz`)
      assert.deepEqual([answer.status, await answer.json()], [200, { status: 'ready' }])
    }
  })
})
