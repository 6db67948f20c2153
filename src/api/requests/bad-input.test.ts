import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { ERRORS, isErrorCode } from '../../base/errors.ts'
import { BEARER, type RawAnswer, send, sendJson, startApi } from '../testing/start-api.ts'

interface Operation {
  parameters?: { name: string; in: string; schema: { type?: string } }[]
  requestBody?: { content: Record<string, { schema: { properties?: Record<string, unknown> } }> }
}

const NASTY = [
  '',
  ' ',
  '-1',
  '0',
  '1.5',
  'NaN',
  '1e999',
  '../..',
  'a/b',
  '\u0000',
  '"',
  '💥',
  '__proto__',
  'x'.repeat(20_000),
]
const NASTY_JSON = [null, true, -1, 1.5, '', '\u0000', 'x'.repeat(20_000), [], [[]], {}, { a: 1 }]

/** An error has the shape of a problem, and is never the node's fault. */
function assertNoFault(answer: RawAnswer, what: string): void {
  assert.ok(answer.status < 500, `${what} gave ${answer.status}: ${answer.body.slice(0, 200)}`)
  if (answer.status < 400 || answer.body === '') return
  assert.match(String(answer.headers['content-type']), /^application\/problem\+json/, what)
  const problem = JSON.parse(answer.body)
  assert.equal(problem.status, answer.status, what)
  assert.equal(problem.type, 'about:blank')
  assert.ok(isErrorCode(problem.code), what)
  assert.equal(ERRORS[problem.code as keyof typeof ERRORS].http, answer.status, what)
  assert.ok(problem.title.length > 0 && problem.detail.length > 0, what)
  assert.ok(problem.detail.length < 1000, `${what}: the detail repeats too much of the input`)
}

test('no bad input to any route is the fault of the node', async (t) => {
  const { url, node } = await startApi(t)
  const { paths } = JSON.parse((await send(`${url}/openapi.json`)).body) as {
    paths: Record<string, Record<string, Operation>>
  }
  for (const [path, methods] of Object.entries(paths)) {
    if (path === '/api/v1/events') continue
    for (const [name, operation] of Object.entries(methods)) {
      const method = name.toUpperCase()
      const place = path.replace('{id}', 'd1')
      const what = `${method} ${path}`
      const ask = async (target: string, body?: unknown) =>
        assertNoFault(
          body === undefined
            ? await send(`${url}${target}`, { method, headers: BEARER })
            : await sendJson(`${url}${target}`, method, body),
          `${what} ${target.slice(0, 80)} ${JSON.stringify(body)?.slice(0, 80)}`,
        )
      for (const value of NASTY) {
        const coded = encodeURIComponent(value)
        // A header of Node's own limit is not ours to test.
        const bounded = coded.length > 8000 ? coded.slice(0, 8000) : coded
        if (path.includes('{id}')) await ask(path.replace('{id}', bounded))
        for (const { name: parameter } of operation.parameters ?? [])
          await ask(`${place}?${parameter}=${bounded}&${parameter}=${bounded}`)
        for (const { name: parameter } of operation.parameters ?? [])
          await ask(`${place}?${parameter}=${bounded}`)
        await ask(`${place}?unknown=${bounded}`)
      }
      if (!operation.requestBody) continue
      const properties = Object.values(operation.requestBody.content)[0]!.schema.properties ?? { name: {} }
      for (const value of NASTY_JSON) {
        await ask(place, value)
        for (const property of Object.keys(properties)) {
          await ask(place, { [property]: value })
          await ask(place, { target: 'a', path: '/a', name: 'a', [property]: value })
        }
      }
    }
  }
  assert.equal(node.streamCount, 0)
})

test('bodies that are no JSON, poison, or too much', async (t) => {
  const { url } = await startApi(t)
  const post = (body: string, type = 'application/json') =>
    send(`${url}/api/v1/downloads`, { method: 'POST', headers: { ...BEARER, 'content-type': type }, body })
  const table: [string, string, number, string][] = [
    ['', 'application/json', 400, 'INVALID_ARGUMENT'],
    ['{', 'application/json', 400, 'INVALID_ARGUMENT'],
    ['{"target":"a"} x', 'application/json', 400, 'INVALID_ARGUMENT'],
    ['{"__proto__":{"target":"a"}}', 'application/json', 400, 'INVALID_ARGUMENT'],
    ['{"constructor":{"prototype":{}}}', 'application/json', 400, 'INVALID_ARGUMENT'],
    [`{"target":"${'x'.repeat(70_000)}"}`, 'application/json', 413, 'TOO_LARGE'],
    ['target=a', 'application/x-www-form-urlencoded', 415, 'UNSUPPORTED_MEDIA_TYPE'],
    ['{"target":"a"}', 'text/plain', 415, 'UNSUPPORTED_MEDIA_TYPE'],
  ]
  for (const [body, type, status, code] of table) {
    const answer = await post(body, type)
    assertNoFault(answer, body.slice(0, 40))
    assert.equal(answer.status, status, body.slice(0, 40))
    assert.equal(JSON.parse(answer.body).code, code)
  }
})

test('the answer says which field is wrong and what to do', async (t) => {
  const { url } = await startApi(t)
  const table: [string, string, unknown, RegExp][] = [
    ['GET', '/api/v1/library?limit=0', undefined, /^limit: must be at least 1/],
    ['GET', '/api/v1/library?limt=1', undefined, /^limt is not known in the query/],
    ['GET', '/api/v1/library?cid=zzz', undefined, /CID/],
    ['GET', '/api/v1/search', undefined, /q \(words\), sha256 or cid/],
    ['GET', '/api/v1/search?q=a&via=moon', undefined, /^via: moon/],
    ['POST', '/api/v1/library', { path: 'relative/x' }, /^path: must be an absolute path/],
    ['POST', '/api/v1/library', {}, /^path is missing from the JSON body/],
    ['DELETE', '/api/v1/library?target=relative', undefined, /CID/],
    ['POST', '/api/v1/downloads', { target: 'a', out: 'here' }, /^out: must be an absolute path/],
    ['POST', '/api/v1/downloads', { target: 5 }, /^target: must be text/],
    [
      'POST',
      '/api/v1/downloads',
      { target: 'a', priority: 'urgent' },
      /^priority: must be one of low, normal, high/,
    ],
    ['POST', '/api/v1/downloads', { target: 'a', mirrors: 'http://h/a' }, /^mirrors: must be a JSON array/],
    ['POST', '/api/v1/downloads', { target: 'a', mirrors: Array(17).fill('http://h/a') }, /^mirrors: .*16/],
    ['PATCH', '/api/v1/downloads/d1', {}, /^Say what to change: priority or sequential/],
    ['PATCH', '/api/v1/downloads/d1', { sequential: 'yes' }, /^sequential: must be true or false/],
    ['PATCH', '/api/v1/downloads/d1', { state: 'done' }, /^state is not known in the JSON body/],
    ['POST', '/api/v1/downloads', { target: 'magnet:?xt=urn:btih:x' }, /magnet link has no CID/],
    ['PATCH', '/api/v1/config', { name: 5 }, /^name: must be text/],
    ['PATCH', '/api/v1/config', [1], /must be a JSON object/],
  ]
  for (const [method, path, body, detail] of table) {
    const answer = await sendJson(`${url}${path}`, method, body)
    assert.equal(answer.status, 400, path)
    assert.match(JSON.parse(answer.body).detail, detail)
  }
})

test('unknown paths, other methods, unreadable addresses', async (t) => {
  const { url } = await startApi(t)
  const table: [string, string, number, string][] = [
    ['GET', '/nowhere', 404, 'NOT_FOUND'],
    ['GET', '/api/v1/', 404, 'NOT_FOUND'],
    ['GET', '/api/v1/status/', 404, 'NOT_FOUND'],
    ['POST', '/api/v2/downloads', 404, 'NOT_FOUND'],
    ['PUT', '/api/v1/config', 405, 'METHOD_NOT_ALLOWED'],
    ['DELETE', '/api/v1/status', 405, 'METHOD_NOT_ALLOWED'],
    ['GET', '/api/v1/downloads/d1/pause', 405, 'METHOD_NOT_ALLOWED'],
    ['HEAD', '/api/v1/search', 405, 'METHOD_NOT_ALLOWED'],
    ['PROPFIND', '/api/v1/status', 405, 'METHOD_NOT_ALLOWED'],
    ['GET', '/%zz', 400, 'INVALID_ARGUMENT'],
    ['GET', '/api/v1/downloads/nobody', 404, 'NOT_FOUND'],
    ['DELETE', '/api/v1/downloads/d1', 409, 'CONFLICT'],
  ]
  for (const [method, path, status, code] of table) {
    const answer = await send(`${url}${path}`, { method, headers: BEARER })
    assert.equal(answer.status, status, `${method} ${path}`)
    if (method === 'HEAD') continue
    assertNoFault(answer, path)
    assert.equal(JSON.parse(answer.body).code, code)
    if (status === 405) assert.match(String(answer.headers.allow), /[A-Z]+/)
  }
})

test('what is not HTTP gets a problem and a closed connection', async (t) => {
  const { api } = await startApi(t)
  const table: [string, number][] = [
    ['nonsense\r\n\r\n', 400],
    ['GET / HTTP/1.1\r\n\r\n', 400],
    [`GET / HTTP/1.1\r\nHost: 127.0.0.1:${api.port}\r\nHost: evil.example\r\nConnection: close\r\n\r\n`, 400],
    [`GET http://evil.example/ HTTP/1.1\r\nHost: 127.0.0.1:${api.port}\r\nConnection: close\r\n\r\n`, 400],
    [`GET / HTTP/1.1\r\nHost: x\r\nX: ${'x'.repeat(40_000)}\r\n\r\n`, 431],
  ]
  for (const [request, status] of table) {
    const socket = connect(api.port, '127.0.0.1')
    socket.write(request)
    const answer = await text(socket)
    assert.match(answer, new RegExp(`^HTTP/1.1 ${status} `), request.slice(0, 60))
  }
})
