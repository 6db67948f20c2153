import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { type TestContext, test } from 'node:test'
import { fakeContext } from '../testing/fake-context.ts'
import { listen } from '../testing/listen.ts'
import { type Answering, ask, outside, until } from '../testing/outside.ts'
import type { FloodOptions } from './flood.ts'
import { floodDialect } from './flood.ts'

const QID = '5f2b9d52-4f5e-4a1c-9a53-0f7f0c2f8f11'
const FAR = { ...{ host: '127.0.0.1', port: 9 }, QID, ttl: 5 }
const never = new AbortController().signal

/** What a peer of the system answers. */
const PEER: Answering = ({ path }) => {
  if (path === '/ping') return { json: [{ status: true }, 201] }
  if (path === '/join' || path === '/get_peers') return { json: { status: true, peers: [] } }
  if (path === '/query_hit') return { json: { status: 'success' } }
  return { json: [{ status: true }, 200] }
}

async function start(t: TestContext, { peers = [] as string[], options = {} as Partial<FloodOptions> } = {}) {
  const context = { ...fakeContext(), peers }
  for (const peer of peers) context.calls.allowed.add(peer.split(':')[0]!.replace('localhost', '127.0.0.1'))
  const dialect = floodDialect(context, options)
  const at = await listen(t, context.calls, dialect)
  const join = (peer: { host: string; port: number }) =>
    ask(`${at.url}/join`, { host: peer.host, port: peer.port })
  return { ...context, ...at, dialect, join }
}

test('a recorded session', async (t) => {
  const { url, port, node } = await start(t)
  const { sha256 } = node.add('notes.txt', 'hello')
  const peer = await outside(t, PEER)
  const me = { host: peer.host, port: peer.port }
  const own = { host: '127.0.0.1', port }
  const ok = { status: true }
  const steps: [call: string, body: unknown, answer: unknown][] = [
    ['/ping', undefined, [ok, 201]],
    ['/get_peers', me, { status: false, Msg: 'Join first.' }],
    ['/join', me, ok],
    ['/join', me, ok],
    ['/heartbeat', me, [ok, 200]],
    ['/get_peers', me, { status: true, peers: [me] }],
    ['/query', { filename: 'notes.txt', filehash: '', ...me, ttl: 5, QID: 'a' }, [ok, 200]],
    ['/query', { filename: null, filehash: sha256, ...me, ttl: 5, QID: 'b' }, [ok, 200]],
    ['/query_hit', { filename: 'x', filehash: 'y', ...me, QID: 'unknown' }, { status: 'success' }],
    [
      `/query_results/${QID}`,
      undefined,
      [{ status: false, QID: null, msg: 'No query found.', results: [] }, 404],
    ],
  ]
  for (const [path, body, answer] of steps)
    assert.deepEqual(await ask(url + path, body), { status: 200, body: answer }, path)
  const hits = await peer.called('/query_hit', 2)
  const hit = { filename: 'notes.txt', filehash: sha256, ...own }
  assert.deepEqual(
    hits.map(({ json }) => json).sort((a, b) => JSON.stringify(a).localeCompare(JSON.stringify(b))),
    [
      { ...hit, QID: 'a' },
      { ...hit, QID: 'b' },
    ],
  )
  assert.deepEqual(
    peer.calls.filter(({ path }) => path !== '/query_hit'),
    [],
    'who joins is not called back',
  )
  const file = await fetch(`${url}/download/notes.txt`)
  assert.equal(file.headers.get('content-disposition'), 'attachment; filename="notes.txt"')
  assert.equal(file.headers.get('content-length'), '5')
  assert.equal(await file.text(), 'hello')
})

test('a client finds what is here, what other nodes have, and what peers have', async (t) => {
  const { url, port, node, join, clock } = await start(t)
  const here = node.add('song.ogg', 'here')
  const far = node.add('song.ogg', 'elsewhere', { isHere: false })
  const peer = await outside(t, PEER)
  await join(peer)
  const asked = await ask(`${url}/init_query`, { filename: 'song.ogg', filehash: '' })
  const [{ QID: id, status }, code] = asked.body as [{ QID: string; status: boolean }, number]
  assert.deepEqual([asked.status, status, code], [200, true, 201])
  const [query] = await peer.called('/query')
  assert.deepEqual(query!.json, {
    ...{ filename: 'song.ogg', filehash: '', host: '127.0.0.1', port, ttl: 5, QID: id },
  })
  const theirs = {
    filename: 'song.ogg',
    filehash: 'ab'.repeat(32),
    host: peer.host,
    port: peer.port,
    QID: id,
  }
  for (const hit of [theirs, theirs, { ...theirs, filename: 'other.exe' }])
    assert.deepEqual((await ask(`${url}/query_hit`, hit)).body, { status: 'success' })
  const results = await until(async () => {
    const [told] = (await ask(`${url}/query_results/${id}`)).body as [{ results: Record<string, unknown>[] }]
    return told.results.length === 3 ? told : undefined
  })
  const timestamp = new Date(clock.now()).toUTCString()
  const mine = { QID: id, timestamp, filename: 'song.ogg', host: '127.0.0.1', port }
  const byHash = new Map(results.results.map((hit) => [hit.filehash, hit]))
  assert.deepEqual(byHash.get(here.sha256), { ...mine, filehash: here.sha256 })
  assert.deepEqual(byHash.get(far.sha256), { ...mine, filehash: far.sha256 })
  assert.deepEqual(byHash.get('ab'.repeat(32)), { ...theirs, timestamp })
  const { results: _, ...rest } = results as Record<string, unknown>
  assert.deepEqual(rest, { status: true, QID: id, msg: 'Query results found.' })
  const [stats] = (await ask(`${url}/stats_all`)).body as [Record<string, unknown>]
  assert.deepEqual(stats.peers, [
    { host: peer.host, port: peer.port, status: 'active', last_seen: timestamp, last_update: timestamp },
  ])
  const [told] = stats.queries as Record<string, unknown>[]
  assert.equal((told!.responses as unknown[]).length, 3)
  assert.deepEqual(
    { ...told, responses: [] },
    { id, filename: 'song.ogg', hash: '', timestamp, responses: [] },
  )
})

test('by name are given: the file that was told of, else one that is shared, and nothing besides', async (t) => {
  const { url, node } = await start(t)
  const near = node.add('a "b"\u202e.txt', 'near')
  const far = node.add(near.name, 'far away', { isHere: false })
  const get = async (name: string) => {
    const answer = await fetch(`${url}/download/${encodeURIComponent(name)}`)
    return {
      status: answer.status,
      text: await answer.text(),
      how: answer.headers.get('content-disposition'),
    }
  }
  assert.equal((await get(near.name)).text, 'near')
  const { body } = await ask(`${url}/init_query`, { filehash: far.sha256 })
  const [{ QID: id }] = body as [{ QID: string }]
  await until(
    async () =>
      ((await ask(`${url}/query_results/${id}`)).body as [{ status: boolean }])[0].status || undefined,
  )
  const told = await get(near.name)
  assert.equal(told.text, 'far away')
  assert.match(told.how!, /^attachment; filename="a _b__\.txt"; filename\*=UTF-8''a%20%22b%22_\.txt$/)
  node.remove(far)
  assert.equal((await get(near.name)).text, 'near', 'what was told of is gone')
  node.add('empty', '')
  assert.deepEqual([(await get('empty')).status, (await get('empty')).text], [200, ''])
  for (const name of ['../../etc/passwd', '/etc/passwd', 'missing', '\0', 'x'.repeat(300)])
    assert.equal((await get(name)).status, 404, name)
})

test('a query is passed on once, one hop shorter, and not to who asked, who is gone, or when it was answered', async (t) => {
  const { url, node, join, clock } = await start(t)
  node.add('have.txt', 'have')
  const [asker, alive, gone] = await Promise.all([outside(t, PEER), outside(t, PEER), outside(t, PEER)])
  await join(gone)
  await gone.close()
  await clock.advance(200_000)
  for (const peer of [asker, alive]) await join(peer)
  await clock.advance(180_000)
  const peers = (await ask(`${url}/get_peers`, { host: alive.host, port: alive.port })).body
  assert.deepEqual((peers as { peers: unknown[] }).peers.length, 2)
  const query = { filename: 'lack.txt', filehash: '', host: asker.host, port: asker.port, ttl: 9, QID }
  await ask(`${url}/query`, query)
  const [passed] = await alive.called('/query')
  assert.deepEqual(passed!.json, { ...query, ttl: 4 })
  for (const again of [query, { ...query, ttl: 3 }]) await ask(`${url}/query`, again)
  await ask(`${url}/query`, { ...query, ttl: 1, QID: 'short' })
  await ask(`${url}/query`, { ...query, filename: 'have.txt', QID: 'answered' })
  await asker.called('/query_hit')
  await ask(`${url}/query`, { ...query, ttl: 2, QID: 'last' })
  const all = await alive.called('/query', 2)
  assert.deepEqual(
    all.map(({ json }) => [(json as { QID: string }).QID, (json as { ttl: number }).ttl]),
    [
      [QID, 4],
      ['last', 1],
    ],
  )
  assert.deepEqual(
    asker.calls.filter(({ path }) => path === '/query'),
    [],
  )
})

test('where everybody knows everybody, each passes a query on once, and the answer comes once', async (t) => {
  const asker = await outside(t, PEER)
  const nodes = [await start(t), await start(t), await start(t), await start(t)]
  for (const one of nodes) for (const other of nodes) if (one !== other) await one.join(other)
  nodes[3]!.node.add('far.txt', 'far')
  const query = { filename: 'far.txt', filehash: '', host: asker.host, port: asker.port, ttl: 5, QID }
  await ask(`${nodes[0]!.url}/query`, query)
  await asker.called('/query_hit')
  // Nothing comes any more when all calls so far were answered, and none came since.
  const made = () => nodes.flatMap(({ calls }) => calls.made).filter(({ call }) => call.endsWith('/query'))
  for (let count = -1; count !== made().length; ) {
    count = made().length
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  assert.equal(made().length, 9, 'three who do not have it tell three others each')
  assert.equal(asker.calls.length, 1)
})

test('all peers of the configuration are joined at the start', async (t) => {
  const others = await Promise.all([1, 2, 3, 4].map(() => outside(t, PEER)))
  const late = await outside(t, PEER)
  await late.close()
  const { dialect } = await start(t, { peers: [...others, late].map(({ port }) => `localhost:${port}`) })
  for (const other of others) await other.called('/join')
  const state = () => (dialect.view() as { peers: { status: string }[] }).peers.map(({ status }) => status)
  await until(() => state().filter((status) => status === 'active').length === 4 || undefined)
  assert.deepEqual(state().sort(), ['active', 'active', 'active', 'active', 'inactive'])
})

test('peers of the configuration are joined, then theirs, until there are three', async (t) => {
  const others = await Promise.all([1, 2, 3, 4].map(() => outside(t, PEER)))
  const addresses = others.map(({ host, port }) => ({ host, port }))
  const stranger = { host: '192.0.2.1', port: 80 }
  const known = await outside(t, (call) =>
    call.path === '/get_peers'
      ? { json: { status: true, peers: [stranger, 'x', ...addresses] } }
      : PEER(call),
  )
  const { port, dialect, calls } = await start(t, { peers: [`127.0.0.1:${known.port}`, '127.0.0.1'] })
  await others[1]!.called('/join')
  await until(() => (active().length === 3 ? true : undefined))
  function active() {
    const { peers } = dialect.view() as { peers: { port: number; status: string }[] }
    return peers.filter(({ status }) => status === 'active').map((peer) => peer.port)
  }
  assert.deepEqual(active(), [known.port, others[0]!.port, others[1]!.port])
  const own = { host: '127.0.0.1', port }
  assert.deepEqual(known.calls, [
    { path: '/ping', json: undefined },
    { path: '/join', json: own },
    { path: '/get_peers', json: own },
  ])
  assert.deepEqual(others[2]!.calls, [])
  assert.ok(!calls.made.some(({ call }) => call.includes('192.0.2.1')), 'who never called is not called')
})

test('heartbeats go out every 30 s; who is silent for 300 s is inactive until it calls again', async (t) => {
  const { url, join, clock, dialect } = await start(t)
  const peer = await outside(t, PEER)
  await join(peer)
  await clock.advance(30_000)
  const me = { host: peer.host, port: peer.port }
  const [beat] = await peer.called('/heartbeat')
  assert.equal((beat!.json as { host: string }).host, '127.0.0.1')
  await peer.close()
  const status = () => (dialect.view() as { peers: { status: string }[] }).peers[0]?.status
  await clock.advance(240_000)
  assert.equal(status(), 'active')
  await clock.advance(120_000)
  assert.equal(status(), 'inactive')
  assert.deepEqual((await ask(`${url}/heartbeat`, me)).body, [{ status: true }, 200])
  assert.equal(status(), 'active')
  assert.deepEqual((await ask(`${url}/heartbeat`, { host: '127.0.0.1', port: 1 })).body, [
    { status: false },
    200,
  ])
})

test("this node's own searches ask the peers, and fetch from who has it", async (t) => {
  const { url, join, dialect } = await start(t)
  const bytes = 'theirs'
  const sha256 = createHash('sha256').update(bytes).digest('hex')
  const holder = await outside(t, ({ path }) =>
    path === '/download/a%20b.txt' ? { bytes } : PEER({ path, json: 0 }),
  )
  assert.deepEqual(await Array.fromAsync(dialect.search!({ words: 'a b.txt' }, never)), [], 'nobody to ask')
  await join(holder)
  const life = new AbortController()
  const found = Array.fromAsync(dialect.search!({ words: ' a b.txt ' }, life.signal))
  const [query] = await holder.called('/query')
  const { QID: id } = query!.json as { QID: string }
  const hit = { filename: 'a b.txt', filehash: sha256, host: holder.host, port: holder.port, QID: id }
  const lies = [
    { ...hit, filename: 'virus.exe' },
    { ...hit, port: 0 },
    { ...hit, QID: 'other' },
  ]
  for (const told of [hit, hit, ...lies]) await ask(`${url}/query_hit`, told)
  await ask(`${url}/query_hit`, { ...hit, host: '192.0.2.1' })
  life.abort()
  const [file, uncallable, ...rest] = await found
  assert.deepEqual(rest, [])
  const { fetch: get, ...facts } = file!
  const at = `127.0.0.1:${holder.port}`
  assert.deepEqual(facts, {
    ...{ dialect: 'flood', owner: at, name: 'a b.txt', holder: at, sha256, maxBytes: 1024 ** 3 },
  })
  assert.equal(Buffer.concat(await Array.fromAsync(await get!(never))).toString(), bytes)
  assert.equal(uncallable!.fetch, undefined, 'who never called is not called')
  const queries = (await ask(`${url}/stats_all`)).body as [{ queries: unknown[] }]
  assert.deepEqual(queries[0].queries, [], 'what the owner looks for is not shown')
})

test('two nodes speak it with each other', async (t) => {
  const one = await start(t)
  const two = await start(t, { peers: [`127.0.0.1:${one.port}`] })
  one.node.add('shared.txt', 'of one')
  await until(() => (JSON.stringify(two.dialect.view()).includes('"active"') ? true : undefined))
  for await (const file of two.dialect.search!({ words: 'shared.txt' }, never)) {
    assert.equal(file.holder, `127.0.0.1:${one.port}`)
    assert.equal(Buffer.concat(await Array.fromAsync(await file.fetch!(never))).toString(), 'of one')
    break
  }
})

test('what makes no sense is refused, with a text, and never with 500', async (t) => {
  const { url, dialect, port } = await start(t)
  const bad: [path: string, body: unknown][] = [
    ['/join', {}],
    ['/join', []],
    ['/join', 'x'],
    ['/join', { host: 'a/b', port: 80 }],
    ['/join', { host: '127.1', port: 80 }],
    ['/join', { host: '127.0.0.1', port: '8o' }],
    ['/join', { host: '127.0.0.1', port: 65_536 }],
    ['/join', { host: '192.0.2.1', port: 80 }],
    ['/join', { host: 'localhost', port }],
    ['/heartbeat', { host: 1, port: 1 }],
    ['/get_peers', { port: 1 }],
    ['/query', { ...FAR, filename: '', filehash: '' }],
    ['/query', { ...FAR, filename: 'x', ttl: '5' }],
    ['/query', { ...FAR, filename: 'x', QID: null }],
    ['/query_hit', { ...FAR, filename: { toString: 1 } }],
    ['/init_query', { filename: '', filehash: 'abc' }],
    ['/init_query', { filename: 'x'.repeat(256) }],
  ]
  for (const [path, body] of bad) {
    const answer = await ask(url + path, body)
    assert.ok(
      answer.status >= 400 && answer.status < 500,
      `${path} ${JSON.stringify(body)}: ${answer.status}`,
    )
    assert.equal((answer.body as { status: boolean }).status, false)
    assert.equal(typeof (answer.body as { msg: string }).msg, 'string')
  }
  const broken = await fetch(`${url}/query`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{',
  })
  assert.equal(broken.status, 400)
  const plain = await fetch(`${url}/ping`, { headers: { 'content-type': 'application/json' } })
  assert.deepEqual([plain.status, await plain.json()], [200, [{ status: true }, 201]])
  assert.deepEqual((dialect.view() as { peers: unknown[] }).peers, [])
})

test('everything that is kept has a bound', async (t) => {
  const { url, dialect, join } = await start(t, {
    options: { maxPeers: 3, maxQueries: 3, maxHits: 2, minActive: 0 },
  })
  const results = await Promise.all([1, 2, 3, 4].map((port) => join({ host: '127.0.0.1', port })))
  assert.deepEqual(results.map(({ status }) => status).sort(), [200, 200, 200, 403])
  const ids: string[] = []
  for (let n = 0; n < 5; n++) {
    const [{ QID: id }] = (await ask(`${url}/init_query`, { filename: `${n}` })).body as [{ QID: string }]
    ids.push(id)
  }
  assert.equal((dialect.view() as { queries: number }).queries, 3)
  for (const port of [1, 2, 3])
    await ask(`${url}/query_hit`, { filename: '4', filehash: '', host: '127.0.0.1', port, QID: ids[4] })
  const [told] = (await ask(`${url}/query_results/${ids[4]}`)).body as [{ results: unknown[] }]
  assert.equal(told.results.length, 2)
})

test('the pages run their own script only and show what others chose as text', async (t) => {
  const { url } = await start(t)
  const name = '<img src=x onerror=alert(1)>'
  await ask(`${url}/init_query`, { filename: name })
  for (const path of ['/', '/stats']) {
    const page = await fetch(url + path)
    const html = await page.text()
    const csp = page.headers.get('content-security-policy')!
    assert.match(page.headers.get('content-type')!, /^text\/html/)
    assert.match(csp, /^default-src 'none'; /)
    assert.doesNotMatch(csp, /unsafe|http|\*/)
    assert.doesNotMatch(html, /<(img|link|iframe)|<[^>]+\s(src|on[a-z]+)=|https?:\/\/[a-z]/)
    for (const [, tag, text] of html.matchAll(/<(script|style)>(.*?)<\/\1>/gs)) {
      const hash = createHash('sha256').update(text!).digest('base64')
      assert.ok(csp.includes(`${tag}-src 'sha256-${hash}'`), `${path} ${tag}`)
    }
  }
  assert.ok((await (await fetch(`${url}/stats`)).text()).includes('&#60;img src=x onerror=alert(1)&#62;'))
})
