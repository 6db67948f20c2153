import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import fc from 'fast-check'
import { ManualClock, systemClock } from '../base/clock.ts'
import { Callers } from './callers.ts'
import { plainHost, splitHostPort } from './hosts.ts'

const never = new AbortController().signal

async function serve(t: TestContext, listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const called = () => {
  const callers = new Callers([], systemClock)
  callers.called({ host: '127.0.0.1', port: 1 })
  return callers
}

test('who called may be called, and who is listed; loopback is no exception', () => {
  const callers = new Callers(['192.0.2.7', '192.0.2.8:5000', 'peer.example:80'], new ManualClock())
  assert.equal(callers.mayCall('127.0.0.1'), false)
  assert.equal(callers.mayCall('localhost'), false)
  callers.called({ host: '::ffff:10.0.0.1', port: 9 })
  for (const host of ['10.0.0.1', '::ffff:10.0.0.1', '192.0.2.7', '192.0.2.8', 'PEER.example'])
    assert.equal(callers.mayCall(host), true, host)
  for (const host of ['10.0.0.2', '', 'peer.example.evil', '192.0.2.9'])
    assert.equal(callers.mayCall(host), false)
})

test('callers are forgotten after a while, and when there are too many', async () => {
  const clock = new ManualClock()
  const callers = new Callers([], clock, { maxCallers: 2, forgetMs: 1000 })
  for (const host of ['10.0.0.1', '10.0.0.2', '10.0.0.1', '10.0.0.3']) callers.called({ host, port: 1 })
  assert.deepEqual(
    ['10.0.0.1', '10.0.0.2', '10.0.0.3'].map((host) => callers.mayCall(host)),
    [true, false, true],
  )
  await clock.advance(1001)
  assert.equal(callers.mayCall('10.0.0.1'), false)
})

test('a call goes out as JSON and comes back with its status', async (t) => {
  const url = await serve(t, async (request, response) => {
    const body = Buffer.concat(await Array.fromAsync(request as AsyncIterable<Buffer>)).toString()
    response.statusCode = 201
    response.end(JSON.stringify({ got: body, type: request.headers['content-type'], method: request.method }))
  })
  const answer = await called().http(`${url}/x`, { method: 'POST', json: { a: 1 }, signal: never })
  assert.equal(answer.status, 201)
  assert.deepEqual(answer.json(), { got: '{"a":1}', type: 'application/json', method: 'POST' })
  assert.equal((await called().http(url.replace('127.0.0.1', 'localhost'), { signal: never })).status, 201)
})

test('nobody else is called, by no other way of writing it, and no redirection is followed', async (t) => {
  let asked = 0
  const url = await serve(t, (request, response) => {
    asked++
    response.writeHead(302, { location: request.url === '/' ? '/again' : 'http://192.0.2.1/' }).end()
  })
  const { port } = new URL(url)
  const strict = new Callers(['127.0.0.1:1'], systemClock)
  for (const text of [
    url,
    `http://127.1:${port}/`,
    `http://2130706433:${port}/`,
    `http://[::ffff:127.0.0.1]:${port}/`,
  ])
    await assert.rejects(strict.http(text, { signal: never }), { code: 'PERMISSION_DENIED' })
  for (const text of [
    'https://127.0.0.1/',
    'file:///etc/passwd',
    'nonsense',
    `http://a:b@127.0.0.1:${port}/`,
  ])
    await assert.rejects(called().http(text, { signal: never }), { code: 'PERMISSION_DENIED' })
  assert.equal(asked, 0)
  assert.equal((await called().http(`${url}/`, { signal: never })).status, 302)
  assert.equal(asked, 1)
})

test('answers have a length and a time', async (t) => {
  const url = await serve(t, (request, response) => {
    if (request.url === '/large') response.end('x'.repeat(2000))
    if (request.url === '/text') response.end('no json')
    if (request.url === '/cut') response.destroy()
  })
  const callers = called()
  await assert.rejects(callers.http(`${url}/large`, { maxBytes: 1999, signal: never }), { code: 'TOO_LARGE' })
  assert.equal((await callers.http(`${url}/large`, { maxBytes: 2000, signal: never })).body.length, 2000)
  const text = await callers.http(`${url}/text`, { signal: never })
  assert.throws(() => text.json(), { code: 'BAD_RESPONSE' })
  await assert.rejects(callers.http(`${url}/cut`, { signal: never }), { code: 'UNAVAILABLE' })
  await assert.rejects(callers.http(`${url}/never`, { timeoutMs: 50, signal: never }), { code: 'TIMED_OUT' })
  const gone = AbortSignal.abort()
  await assert.rejects(callers.http(`${url}/text`, { signal: gone }))
})

test('hosts have one form, whatever is written', () => {
  assert.deepEqual(splitHostPort('[::1]:5000'), { host: '::1', port: 5000 })
  assert.deepEqual(splitHostPort('::1'), { host: '::1', port: undefined })
  assert.deepEqual(splitHostPort('10.0.0.1:80'), { host: '10.0.0.1', port: 80 })
  assert.equal(plainHost('fe80::1%eth0'), 'fe80::1')
  fc.assert(
    fc.property(fc.oneof(fc.ipV4(), fc.ipV6(), fc.domain()), (host) => {
      const plain = plainHost(host)
      assert.equal(plainHost(plain), plain)
      assert.equal(plainHost(`[${plain}]`), plain)
    }),
  )
})
