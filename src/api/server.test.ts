import assert from 'node:assert/strict'
import { once } from 'node:events'
import { get, type IncomingMessage } from 'node:http'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import type { TSchema } from 'typebox'
import { Value } from 'typebox/value'
import { silentLogger } from '../base/log.ts'
import { Received } from './routes/incoming.ts'
import { AddLine, LibraryPageSchema, Removed, Shares } from './schemas/library.ts'
import { Link, OpenedLinkSchema } from './schemas/links.ts'
import { Config, ConfigChanged, DebugState, Health, Peers, Status } from './schemas/node.ts'
import { FoundTargetSchema, SearchLine } from './schemas/search.ts'
import { Download, DownloadList, Uploads } from './schemas/transfers.ts'
import { Verification, VerificationReport, VerifyLine } from './schemas/verify.ts'
import { CID_A, CID_B, viewOf } from './testing/fake-node.ts'
import { lines, send, sendJson, startApi, TOKEN } from './testing/start-api.ts'

test('what routes answer is what their schemas say', async (t) => {
  const { url, node } = await startApi(t)
  node.views.set('d2', {
    ...viewOf('d2', 'failed'),
    error: { code: 'NO_SPACE', message: 'Full.' },
    finishedMs: 1,
  })
  node.views.set('d3', {
    ...{ ...viewOf('d3', 'queued'), kind: 'folder', etaMs: 5, files: { done: 1, total: 2 } },
    ...{ waitingFor: 'slots' },
  })
  const table: [string, string, TSchema, unknown?][] = [
    ['GET', '/api/v1/status', Status],
    ['GET', '/api/v1/library?limit=1', LibraryPageSchema],
    ['POST', '/api/v1/library', AddLine, { path: '/tmp/docs' }],
    ['DELETE', '/api/v1/library?target=/tmp/docs', Removed],
    ['POST', '/api/v1/library/verify', Verification, {}],
    ['GET', '/api/v1/library/verify', VerificationReport],
    ['GET', '/api/v1/library/verify/events', VerifyLine],
    ['DELETE', '/api/v1/library/verify', Verification],
    ['GET', '/api/v1/shares', Shares],
    ['GET', `/api/v1/links?target=${CID_A}`, Link],
    ['POST', '/api/v1/links', OpenedLinkSchema, { link: CID_B }],
    ['PUT', '/api/v1/library/files/a.txt', Received, {}],
    ['GET', '/api/v1/search?q=a', SearchLine],
    ['GET', '/api/v1/targets?target=report.pdf', FoundTargetSchema],
    ['GET', '/api/v1/downloads', DownloadList],
    ['GET', '/api/v1/downloads/d1', Download],
    ['GET', '/api/v1/downloads/d1/events', Download],
    ['POST', '/api/v1/downloads', Download, { target: CID_B }],
    ['GET', '/api/v1/downloads/d3', Download],
    ['PATCH', '/api/v1/downloads/d1', Download, { priority: 'high', sequential: true }],
    ['POST', '/api/v1/downloads/d1/pause', Download],
    ['POST', '/api/v1/downloads/d1/resume', Download],
    ['POST', '/api/v1/downloads/d1/cancel', Download],
    ['GET', '/api/v1/uploads', Uploads],
    ['GET', '/api/v1/peers', Peers],
    ['GET', '/api/v1/config', Config],
    ['PATCH', '/api/v1/config', ConfigChanged, { name: 'x' }],
    ['GET', '/api/v1/debug', DebugState],
    ['GET', '/healthz', Health],
  ]
  for (const [method, path, schema, body] of table) {
    const answer = await sendJson(url + path, method, body)
    assert.ok(answer.status < 300, `${method} ${path} ${answer.body}`)
    for (const value of lines(answer.body))
      assert.ok(Value.Check(schema, value), `${path} ${JSON.stringify([...Value.Errors(schema, value)])}`)
  }
})

test('a download is created once: 201, then 200', async (t) => {
  const { url, node } = await startApi(t)
  const start = (target: string, more = {}) =>
    sendJson(`${url}/api/v1/downloads`, 'POST', { target, ...more })
  assert.equal((await start(CID_B)).status, 201)
  assert.equal((await start(`shoal:${CID_A}?name=b.txt`, { out: '/tmp/x/../y', name: 'c.txt' })).status, 200)
  assert.deepEqual(node.asked.at(-1), [
    'start',
    { kind: 'cid', cid: CID_A, name: 'b.txt' },
    '/tmp/y',
    'c.txt',
  ])
  const ambiguous = await start('a.txt')
  assert.equal(ambiguous.status, 409)
  const { code, details } = JSON.parse(ambiguous.body)
  assert.equal(code, 'AMBIGUOUS')
  assert.deepEqual(details.candidates, [{ cid: CID_A, name: 'a.txt', size: 1, providers: 2 }])
})

test('mirrors are told at the start', async (t) => {
  const { url, node } = await startApi(t)
  const mirrors = ['https://a.example/x', 'http://b.example/y']
  await sendJson(`${url}/api/v1/downloads`, 'POST', { target: CID_B, mirrors })
  assert.deepEqual(node.asked.at(-1), [
    ...['start', { kind: 'cid', cid: CID_B }],
    ...[undefined, undefined, mirrors],
  ])
})

test('priority and order are told at the start, and changed later', async (t) => {
  const { url, node } = await startApi(t)
  const told = { priority: 'high', sequential: true }
  await sendJson(`${url}/api/v1/downloads`, 'POST', { target: CID_B, ...told })
  assert.deepEqual(node.asked.at(-1), [
    ...['start', { kind: 'cid', cid: CID_B }],
    ...[undefined, undefined, 'high', true],
  ])
  const changed = await sendJson(`${url}/api/v1/downloads/d1`, 'PATCH', { priority: 'low' })
  assert.deepEqual([changed.status, JSON.parse(changed.body).priority], [200, 'low'])
  assert.deepEqual(node.asked.at(-1), ['change', 'd1', { priority: 'low' }])
  assert.equal((await sendJson(`${url}/api/v1/downloads/none`, 'PATCH', { sequential: true })).status, 404)
})

test('a download that has ended can be forgotten', async (t) => {
  const { url, node } = await startApi(t)
  node.views.set('d1', viewOf('d1', 'done'))
  assert.equal((await sendJson(`${url}/api/v1/downloads/d1`, 'DELETE')).status, 204)
  assert.equal((await sendJson(`${url}/api/v1/downloads/d1`, 'DELETE')).status, 404)
})

test('CIDs and paths reach the node in canonical form', async (t) => {
  const { url, node } = await startApi(t)
  await sendJson(`${url}/api/v1/library?target=${CID_A.toUpperCase()}`, 'DELETE')
  await sendJson(`${url}/api/v1/library?target=${encodeURIComponent('/tmp/a/../b#?ü')}`, 'DELETE')
  await send(`${url}/api/v1/library?cid=${CID_A.toUpperCase()}&folders=true&cursor=c`)
  assert.deepEqual(node.asked, [
    ['remove', CID_A],
    ['remove', '/tmp/b#?ü'],
    ['list', { limit: 100, cursor: 'c', folders: true, cid: CID_A }],
  ])
})

test('a verification: started for everything or for what is named, watched to its end, stopped', async (t) => {
  const { url, node } = await startApi(t)
  const path = `${url}/api/v1/library/verify`
  assert.equal(JSON.parse((await sendJson(path, 'POST', {})).body).filesTotal, 2)
  await sendJson(path, 'POST', { targets: ['/tmp/a/../b', CID_A.toUpperCase()] })
  assert.equal((await sendJson(path, 'POST', { targets: ['/missing'] })).status, 404)
  assert.equal((await sendJson(path, 'POST', { targets: ['not absolute'] })).status, 400)
  assert.equal((await sendJson(path, 'POST', { targets: [''] })).status, 400)
  const report = JSON.parse((await send(path)).body)
  assert.deepEqual([report.state, report.etaMs], ['running', 2000])
  const finding = { path: '/tmp/docs/a.txt', cid: CID_A, blocks: [0, 3], blockCount: 2, reason: 'blocks' }
  assert.deepEqual(report.damagedFiles, [finding])
  assert.deepEqual(lines((await send(`${path}/events`)).body), [
    { event: 'damaged', ...finding },
    {
      ...{ event: 'progress', files: 1, filesTotal: 2, bytes: 5, bytesTotal: 10 },
      ...{ rateBytesPerSecond: 2.5, etaMs: 2000, damaged: 1 },
    },
    { event: 'done', files: 2, bytes: 10, damaged: 1, ms: 2000 },
  ])
  const stopped = JSON.parse((await sendJson(path, 'DELETE')).body)
  assert.deepEqual([stopped.state, stopped.etaMs], ['stopped', null])
  assert.deepEqual(node.asked, [
    ['verify', []],
    ['verify', ['/tmp/b', CID_A]],
    ['verify', ['/missing']],
    ['stop verify'],
  ])
})

test('a taken port gives way only when it may', async (t) => {
  const { api } = await startApi(t)
  await assert.rejects(
    startApi(t, { httpPort: api.port }),
    (error: Error & { code?: string }) =>
      error.code === 'CONFLICT' && error.message.includes(String(api.port)),
  )
  const other = await startApi(t, { httpPort: api.port, fallbackToFreePort: true })
  assert.notEqual(other.api.port, api.port)
  assert.equal(other.url, `http://127.0.0.1:${other.api.port}`)
  assert.equal((await send(`${other.url}/healthz`)).status, 200)
})

test('an address of no interface is refused clearly', async (t) => {
  await assert.rejects(startApi(t, { host: '192.0.2.1', log: silentLogger }), { code: 'INVALID_ARGUMENT' })
})

test('stopping ends open streams, in time, and frees the port', async (t) => {
  const { api, url, node } = await startApi(t)
  node.watched = ['running']
  const streams: IncomingMessage[] = []
  for (const path of ['/api/v1/events', '/api/v1/downloads/d1/events']) {
    const [answer] = (await once(get(url + path, { agent: false }), 'response')) as [IncomingMessage]
    streams.push(answer)
  }
  // Connected, and never asks for anything.
  const silent = connect(api.port, '127.0.0.1')
  await once(silent, 'connect')
  const ended = Promise.all(streams.map((stream) => text(stream)))
  const silentClosed = once(silent.resume(), 'close')
  const start = performance.now()
  await Promise.all([api.stop(), api.stop()])
  assert.ok(performance.now() - start < 2000)
  const [, download] = await ended
  assert.deepEqual(lines(download!).at(-1), {
    event: 'error',
    code: 'UNAVAILABLE',
    message: 'The node is stopping.',
  })
  await silentClosed
  assert.equal(node.streamCount, 0)
  assert.equal(node.events.listenerCount, 0)
  await assert.rejects(send(`${url}/healthz`), { code: 'ECONNREFUSED' })
})

test('a request that never ends does not hold up the stop', async (t) => {
  const { api } = await startApi(t)
  const socket = connect(api.port, '127.0.0.1')
  socket.on('error', () => undefined)
  socket.write(
    `POST /api/v1/downloads HTTP/1.1\r\nHost: 127.0.0.1:${api.port}\r\nAuthorization: Bearer ${TOKEN}\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{`,
  )
  await once(socket, 'connect')
  await send(`${api.url}/healthz`)
  const start = performance.now()
  await api.stop()
  assert.ok(performance.now() - start < 2000)
})
