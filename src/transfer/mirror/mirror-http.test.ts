import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import { isLanAddress } from '../limits/lan.ts'
import { SourceFault } from '../source-fault.ts'
import { ignoreBody, MirrorHttp, redirected } from './mirror-http.ts'

const signal = AbortSignal.timeout(20_000)
const range = { start: 0, end: 3 }

/** Redirects to what `to` says of each path, else says who asked. */
async function serve(
  t: TestContext,
  host: string,
  to: (path: string) => string | undefined = () => undefined,
) {
  const seen: (string | undefined)[] = []
  const server = createServer((request, response) => {
    seen.push(request.headers.authorization)
    const location = to(request.url ?? '')
    response.writeHead(location === undefined ? 206 : 302, location === undefined ? {} : { location }).end()
  })
  await new Promise<void>((resolve) => server.listen(0, host, resolve))
  t.after(() => server.close())
  t.after(() => server.closeAllConnections())
  const { port } = server.address() as AddressInfo
  return { port, url: `http://${host}:${port}`, seen }
}

function client(t: TestContext, isNear?: (address: string) => boolean): MirrorHttp {
  const made = new MirrorHttp(isNear)
  t.after(() => made.close())
  return made
}

const fault = (message: RegExp) => (error: unknown) => {
  assert.ok(error instanceof SourceFault, String(error))
  assert.match(error.message, message)
  return true
}

test('five redirects are followed, relative ones too, and not one more', async (t) => {
  const server = await serve(t, '127.0.0.1', (path) => {
    const left = Number(path.slice(1))
    return left > 0 ? `/${left - 1}` : undefined
  })
  const { url, response } = await client(t).get(`${server.url}/5`, range, signal)
  ignoreBody(response)
  assert.deepEqual([url, response.statusCode], [`${server.url}/0`, 206])
  await assert.rejects(client(t).get(`${server.url}/6`, range, signal), fault(/more than 5 times/))
})

test('a redirect never leads from https to http, nor to anything else', () => {
  const from = new URL('https://h/a/b')
  assert.equal(redirected(from, '../c#x').href, 'https://h/c')
  assert.equal(redirected(new URL('http://h/'), 'https://u:p@other/').href, 'https://other/')
  for (const [to, message] of [
    ['http://h/a/b', /https to http/],
    ['ftp://h/', /redirects to ftp:/],
    ['file:///etc/passwd', /redirects to file:/],
    ['https://[', /not a URL/],
  ] as const)
    assert.throws(() => redirected(from, to), fault(message))
})

test('user and password are told to the named host only', async (t) => {
  const other = await serve(t, '127.0.0.1')
  const named = await serve(t, '127.0.0.1', (path) => (path === '/a' ? '/b' : `${other.url}/c`))
  const { response } = await client(t).get(`http://ada:s%3Acret@127.0.0.1:${named.port}/a`, range, signal)
  ignoreBody(response)
  const basic = `Basic ${Buffer.from('ada:s:cret').toString('base64')}`
  assert.deepEqual([named.seen, other.seen], [[basic, basic], [undefined]])
})

test('a far server does not lead into the local network, by number or by name; a near one may', async (t) => {
  const near = await serve(t, '127.0.0.1')
  for (const target of [
    near.url,
    `http://localhost:${near.port}`,
    `http://[::ffff:127.0.0.1]:${near.port}`,
  ]) {
    // Another address of loopback plays the one far away.
    const far = await serve(t, '127.0.0.2', () => target)
    const isNear = (address: string) => address !== '127.0.0.2' && isLanAddress(address)
    await assert.rejects(client(t, isNear).get(far.url, range, signal), fault(/into the local network/))
  }
  for (const target of ['http://0.0.0.0:1/', 'http://[::]:1/', 'http://[fe80::1]:1/', 'http://10.1.2.3/']) {
    const far = await serve(t, '127.0.0.2', () => target)
    const isNear = (address: string) =>
      address !== '127.0.0.2' && (/^0|^::$/.test(address) || isLanAddress(address))
    await assert.rejects(
      client(t, isNear).get(far.url, range, signal),
      fault(/into the local network/),
      target,
    )
  }
  assert.equal(near.seen.length, 0)
  const other = await serve(t, '127.0.0.1', () => near.url)
  ignoreBody((await client(t).get(other.url, range, signal)).response)
  assert.equal(near.seen.length, 1)
})

test('who cannot be reached is told; who is not wanted any more is left', async (t) => {
  const server = createServer(() => {})
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const abort = new AbortController()
  const asking = client(t).get(`http://127.0.0.1:${port}/`, range, abort.signal)
  setTimeout(() => abort.abort(new Error('enough')), 50)
  await assert.rejects(asking, /enough/)
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
  const refused = client(t).get(`http://127.0.0.1:${port}/`, range, signal)
  await assert.rejects(refused, { code: 'UNAVAILABLE', message: 'nobody listens there' })
})
