import assert from 'node:assert/strict'
import { get } from 'node:http'
import { test } from 'node:test'
import { described, listedMetrics, parseMetrics, sampleOf } from '../../../test/support/metrics.ts'
import { Histogram } from '../../base/histogram.ts'
import { FakeNode } from '../testing/fake-node.ts'
import { BEARER, send, sendJson, startApi } from '../testing/start-api.ts'
import { samplesOf } from './metric.ts'
import { SEARCH_LABELS } from './port.ts'

const COUNTERS = {
  uploadedBytes: 7,
  downloadedBytes: 2 ** 40,
  blocksVerified: 3,
  blockFailures: { 'bad hash': 2, stalled: 1 },
  downloadsDone: 4,
  downloadsFailed: 0,
  messages: { flood: 9 },
  queries: { flood: { received: 5, answered: 2, dropped: 1 } },
}

const scrape = async (url: string) => parseMetrics((await send(`${url}/metrics`)).body)

test('the metrics are what the node tells', async (t) => {
  const { url, node } = await startApi(t)
  const metrics = await scrape(url)
  const told = {
    shoal_uptime_seconds: 1.2345,
    shoal_library_files: 2,
    shoal_library_bytes: 10,
    shoal_neighbours: 1,
    shoal_zone_size: 2,
    shoal_upload_slots: 4,
    shoal_hashing_remaining_bytes: 0,
  }
  for (const [name, value] of Object.entries(told)) assert.equal(sampleOf(metrics, name), value, name)
  assert.equal(sampleOf(metrics, 'shoal_build_info', 'version="1.2.3"'), 1)
  assert.equal(sampleOf(metrics, 'shoal_peers', 'state="alive"'), 1)
  assert.equal(sampleOf(metrics, 'shoal_peers', 'state="dead"'), 0)
  assert.ok(sampleOf(metrics, 'process_resident_memory_bytes')! > 1e6)
  const before = node.status()
  node.status = () => ({
    ...before,
    network: null,
    library: { ...before.library, files: 5, hashing: { files: 1, bytesDone: 10, bytesTotal: 30 } },
  })
  const later = await scrape(url)
  assert.equal(sampleOf(later, 'shoal_library_files'), 5)
  assert.equal(sampleOf(later, 'shoal_hashing_remaining_bytes'), 20)
  assert.equal(sampleOf(later, 'shoal_neighbours'), undefined)
})

test('a status is made once for all metrics of a scrape', async (t) => {
  const { url, node } = await startApi(t)
  await scrape(url)
  let asked = 0
  const { status } = node
  node.status = () => {
    asked++
    return status.call(node)
  }
  await scrape(url)
  assert.equal(asked, 1)
})

test('counters are told when somebody counts', async (t) => {
  const node = new FakeNode()
  node.metrics = { searches: new Histogram({ labels: SEARCH_LABELS }), counters: () => COUNTERS }
  node.metrics.searches.observe(['index'], 0.2)
  const { url } = await startApi(t, { port: node })
  for (let again = 0; again < 2; again++) {
    const metrics = await scrape(url)
    assert.equal(sampleOf(metrics, 'shoal_transfer_bytes_total', 'direction="up"'), 7)
    assert.equal(sampleOf(metrics, 'shoal_transfer_bytes_total', 'direction="down"'), 2 ** 40)
    assert.equal(sampleOf(metrics, 'shoal_blocks_verified_total'), 3)
    assert.equal(sampleOf(metrics, 'shoal_block_failures_total', 'reason="bad hash"'), 2)
    assert.equal(sampleOf(metrics, 'shoal_downloads_ended_total', 'result="done"'), 4)
    assert.equal(sampleOf(metrics, 'shoal_search_messages_total', 'locator="flood"'), 9)
    assert.equal(sampleOf(metrics, 'shoal_queries_total', 'locator="flood",result="answered"'), 2)
    const name = 'shoal_search_duration_seconds_bucket'
    assert.equal(sampleOf(metrics, name, 'locator="index",le="0.1"'), 0)
    assert.equal(sampleOf(metrics, name, 'locator="index",le="0.25"'), 1)
    assert.equal(sampleOf(metrics, name, 'locator="index",le="+Inf"'), 1)
  }
})

test('docs/METRICS.md lists what is counted', async (t) => {
  const node = new FakeNode()
  const { url } = await startApi(t, { port: node })
  const without = new Set((await scrape(url)).map(({ name }) => name))
  node.metrics = { searches: node.metrics.searches, counters: () => COUNTERS }
  const counting = await startApi(t, { port: node })
  const counts = (await scrape(counting.url)).filter(({ name }) => !without.has(name))
  assert.deepEqual(described(counts), listedMetrics('Counts of a node'))
  for (const { name, samples } of counts) assert.ok(samples.length > 0, name)
})

test('requests are counted by route, never by address', async (t) => {
  const { url } = await startApi(t)
  await send(`${url}/api/v1/downloads/d1`)
  await send(`${url}/api/v1/downloads/secret-name`)
  await send(`${url}/no/such/secret-name`)
  await sendJson(`${url}/api/v1/downloads/d1`, 'PATCH', { nonsense: 'secret-name' })
  await send(`${url}/api/v1/search?q=secret-name`)
  const { body } = await send(`${url}/metrics`)
  assert.doesNotMatch(body, /secret-name|d1/)
  const metrics = parseMetrics(body)
  const name = 'shoal_http_request_duration_seconds_count'
  const count = (labels: string) => sampleOf(metrics, name, labels)
  assert.equal(count('method="GET",route="/api/v1/downloads/:id",status="2xx"'), 1)
  assert.equal(count('method="GET",route="/api/v1/downloads/:id",status="4xx"'), 1)
  assert.equal(count('method="PATCH",route="/api/v1/downloads/:id",status="4xx"'), 1)
  assert.equal(count('method="GET",route="none",status="4xx"'), 1)
  assert.equal(count('method="GET",route="/api/v1/search",status="2xx"'), 1)
})

test('open streams are counted', async (t) => {
  const { url } = await startApi(t)
  const request = get(`${url}/api/v1/events`)
  await new Promise((resolve) => request.once('response', resolve))
  assert.equal(sampleOf(await scrape(url), 'shoal_http_streams'), 1)
  request.destroy()
})

test('only this host is answered, and no foreign page', async (t) => {
  const { url } = await startApi(t, { allowedHosts: ['node:8081'] })
  const status = async (headers: Record<string, string>) => (await send(`${url}/metrics`, { headers })).status
  assert.equal(await status({ host: 'evil.example' }), 403)
  assert.equal(await status({ origin: 'http://evil.example' }), 403)
  assert.equal(await status({ host: 'node:8081' }), 200)
})

test('it is ready when nothing is missing', async (t) => {
  const { url, node } = await startApi(t)
  assert.deepEqual(JSON.parse((await send(`${url}/readyz`)).body), { status: 'ready' })
  node.missing = ['library', 'downloads']
  const { status, body } = await send(`${url}/readyz`, { headers: BEARER })
  const problem = JSON.parse(body)
  assert.deepEqual([status, problem.code, problem.details], [503, 'UNAVAILABLE', { missing: node.missing }])
  assert.match(problem.detail, /library, downloads/)
  assert.equal((await send(`${url}/healthz`)).status, 200)
})

test('many names are told as one', () => {
  const counts = Object.fromEntries(Array.from({ length: 40 }, (_, index) => [`reason ${index}`, 1]))
  const samples = samplesOf(counts)
  assert.equal(samples.length, 33)
  assert.deepEqual(samples.at(-1), [8, 'other'])
})
