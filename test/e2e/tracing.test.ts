import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { type Collector, startCollector } from '../support/collector.ts'
import { writeRandomFile } from '../support/files.ts'
import { newWorld } from '../support/shoal.ts'
import { until } from '../support/until.ts'

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736'
const SPAN = '00f067aa0ba902b7'

test('requests, searches, downloads and calls reach a collector, and no word of what they are about', async () => {
  await using collector = await startCollector()
  await using world = newWorld()
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, OTEL_BSP_SCHEDULE_DELAY: '100' }
  const share = world.folder('shared')
  writeRandomFile(join(share, 'secretplan.bin'), 2 * 1024 * 1024)
  const index = await world.startIndex({ env: { ...env, OTEL_SERVICE_NAME: 'my-index' } })
  const [, taker] = await Promise.all([
    world.startNode({ name: 'owner', shares: [share], index: [index.ready.grpc] }),
    world.startNode({ name: 'taker', index: [index.ready.grpc], env }),
  ])
  await until('the file is found', async () => {
    const { code } = await world.shoal(['search', 'secretplan', '--json'], taker)
    return code === 0 ? true : undefined
  })
  const answer = await fetch(`${taker.ready.http}/api/v1/search?q=secretplan&via=index`, {
    headers: { traceparent: `00-${TRACE}-${SPAN}-01` },
  })
  assert.match(await answer.text(), /"done"/)
  assert.equal((await world.shoal(['get', 'secretplan.bin', '--json'], taker)).code, 0)

  const one = (name: string, isIt: (span: Collector['spans'][number]) => boolean = () => true) =>
    until(name, async () => collector.spans.find((span) => span.name === name && isIt(span)))
  const request = await one('GET /api/v1/search', ({ traceId }) => traceId === TRACE)
  assert.deepEqual(
    [request.parentSpanId, request.service, request.kind, request.attributes['http.response.status_code']],
    [SPAN, 'shoal', 2, 200],
  )
  const search = await one('search', ({ traceId }) => traceId === TRACE)
  assert.equal(search.parentSpanId, request.spanId)
  assert.equal(search.attributes['shoal.hits'], 1)
  const locator = await one('search index', ({ traceId }) => traceId === TRACE)
  assert.equal(locator.parentSpanId, search.spanId)
  const call = await one(
    'shoal.v1.IndexService/Search',
    ({ traceId, kind }) => traceId === TRACE && kind === 3,
  )
  assert.deepEqual([call.parentSpanId, call.attributes['rpc.method']], [search.spanId, 'Search'])
  const served = await one('shoal.v1.IndexService/Search', ({ service }) => service === 'my-index')
  assert.equal(served.kind, 2)
  // Other peers are told nothing of a trace.
  assert.notEqual(served.traceId, TRACE)

  const download = await one('download')
  assert.equal(download.attributes['shoal.download.state'], 'done')
  const running = await one('download running', ({ traceId }) => traceId === download.traceId)
  assert.equal(running.parentSpanId, download.spanId)
  assert.doesNotMatch(JSON.stringify(collector.spans), /secretplan/)
})

test('a node whose collector is not there works, and stops in time', async () => {
  await using world = newWorld()
  const node = await world.startNode({ env: { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9' } })
  assert.equal((await fetch(`${node.ready.http}/api/v1/status`)).status, 200)
  const startedMs = performance.now()
  assert.deepEqual(await node.stop(), { code: 0, signal: null })
  assert.ok(performance.now() - startedMs < 5000)
})
