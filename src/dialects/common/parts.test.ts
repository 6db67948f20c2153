import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { fakeContext } from '../testing/fake-context.ts'
import { Background } from './background.ts'
import { download } from './download.ts'

test('background work has a limit, tells its errors, and ends together', async () => {
  const errors: unknown[] = []
  const work = new Background(2, (error) => errors.push(error))
  const ended: string[] = []
  const wait = (name: string) => async (signal: AbortSignal) => {
    await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()))
    ended.push(name)
  }
  assert.equal(work.run(wait('a')), true)
  assert.equal(
    work.run(async () => Promise.reject(new Error('no'))),
    true,
  )
  assert.equal(work.run(wait('b')), false)
  await new Promise((resolve) => setImmediate(resolve))
  assert.equal((errors[0] as Error).message, 'no')
  assert.equal(work.run(wait('c')), true)
  await work.stop()
  assert.deepEqual(ended, ['a', 'c'])
  assert.equal(work.run(wait('d')), false)
})

test('a download is as long as it may be, comes from who may be called, and follows nobody elsewhere', async (t) => {
  const server = createServer((request, response) => {
    if (request.url === '/moved') response.writeHead(302, { location: '/ok' })
    if (request.url === '/silent') return response.writeHead(200).write('a')
    if (request.url === '/cut') {
      response.writeHead(200, { 'content-length': 100 })
      response.write('abc')
      return setTimeout(() => response.destroy(), 20)
    }
    return response.end('0123456789')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const { calls } = fakeContext()
  const { signal } = new AbortController()
  const get = async (path: string, maxBytes = 10) => {
    const body = await download(url + path, { calls, signal, maxBytes, idleMs: 200 })
    return Buffer.concat(await Array.fromAsync(body)).toString()
  }
  await assert.rejects(get('/ok'), { code: 'PERMISSION_DENIED' })
  calls.allowed.add('127.0.0.1')
  assert.equal(await get('/ok'), '0123456789')
  await assert.rejects(get('/ok', 9), { code: 'TOO_LARGE' })
  await assert.rejects(get('/moved'), { code: 'NO_PROVIDERS' })
  await assert.rejects(get('/cut', 100), { code: 'UNAVAILABLE' })
  await assert.rejects(get('/silent', 100), { name: 'ShoalError' })
  const stopped = AbortSignal.abort()
  await assert.rejects(download(`${url}/ok`, { calls, signal: stopped, maxBytes: 1, idleMs: 200 }), {
    code: 'CANCELLED',
  })
})
