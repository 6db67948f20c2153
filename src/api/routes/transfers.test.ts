import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Value } from 'typebox/value'
import { Peers } from '../schemas/node.ts'
import {
  BlockMapSchema,
  Download,
  DownloadList,
  RemovedDownloads,
  UploadPeer,
  Uploads,
} from '../schemas/transfers.ts'
import { viewOf } from '../testing/fake-node.ts'
import { BEARER, send, sendJson, startApi } from '../testing/start-api.ts'

const api = async (t: Parameters<typeof startApi>[0]) => {
  const { node, url } = await startApi(t)
  const get = async (path: string, headers = {}) => send(`${url}/api/v1${path}`, { headers })
  return { node, get, url: `${url}/api/v1` }
}

test('the blocks of a download, in as many cells as are wanted', async (t) => {
  const { node, get } = await api(t)
  const { status, body } = await get('/downloads/d1/blocks')
  assert.equal(status, 200)
  assert.ok(Value.Check(BlockMapSchema, JSON.parse(body)), body)
  await get('/downloads/d1/blocks?cells=4096')
  assert.deepEqual(node.asked, [
    ['blocks', 512],
    ['blocks', 4096],
  ])
  assert.equal((await get('/downloads/nope/blocks')).status, 404)
  for (const cells of ['0', '4097', '-1', '1.5', 'many'])
    assert.equal((await get(`/downloads/d1/blocks?cells=${cells}`)).status, 400, cells)
})

test('a peer that fetches is paused, resumed and refused, with the token', async (t) => {
  const { node, get, url } = await api(t)
  const uploads = JSON.parse((await get('/uploads')).body)
  assert.ok(Value.Check(Uploads, uploads), JSON.stringify(uploads))
  for (const [verb, state] of [
    ['pause', 'paused'],
    ['resume', 'served'],
    ['cancel', 'refused'],
  ]) {
    assert.equal((await send(`${url}/uploads/peerOne/${verb}`, { method: 'POST' })).status, 401)
    const { status, body } = await sendJson(`${url}/uploads/peerOne/${verb}`, 'POST')
    assert.deepEqual([status, JSON.parse(body).state], [200, state])
    assert.ok(Value.Check(UploadPeer, JSON.parse(body)), body)
    assert.equal((await sendJson(`${url}/uploads/nobody/${verb}`, 'POST')).status, 404)
  }
  assert.deepEqual(node.asked[0], ['pause', 'peerOne'])
})

test('ended downloads are forgotten by their states', async (t) => {
  const { node, url } = await api(t)
  node.views.set('d2', viewOf('d2', 'done'))
  node.views.set('d3', viewOf('d3', 'failed'))
  assert.equal((await send(`${url}/downloads?state=done`, { method: 'DELETE' })).status, 401)
  const { status, body } = await sendJson(`${url}/downloads?state=done,cancelled`, 'DELETE')
  assert.deepEqual([status, JSON.parse(body)], [200, { removed: 1 }])
  assert.ok(Value.Check(RemovedDownloads, JSON.parse(body)))
  assert.deepEqual([...node.views.keys()], ['d1', 'd3'])
  for (const query of ['', '?state=', '?state=running', '?state=done,running', '?state=toString'])
    assert.equal((await sendJson(`${url}/downloads${query}`, 'DELETE')).status, 400, query)
})

test('downloads by state and in pages', async (t) => {
  const { node, get } = await api(t)
  for (const [i, state] of (['done', 'failed', 'done', 'queued'] as const).entries())
    node.views.set(`e${i}`, { ...viewOf(`e${i}`, state), createdMs: 1000 + i })
  const ids = async (query: string) => {
    const { status, body } = await get(`/downloads${query}`)
    assert.equal(status, 200, body)
    const page = JSON.parse(body)
    assert.ok(Value.Check(DownloadList, page), body)
    return { ids: page.downloads.map(({ id }: { id: string }) => id), cursor: page.cursor }
  }
  assert.deepEqual(await ids(''), { ids: ['d1', 'e0', 'e1', 'e2', 'e3'], cursor: undefined })
  assert.deepEqual((await ids('?state=done')).ids, ['e0', 'e2'])
  assert.deepEqual((await ids('?state=done,failed&limit=9')).ids, ['e2', 'e1', 'e0'])
  const first = await ids('?limit=2')
  assert.deepEqual(first.ids, ['d1', 'e3'])
  const second = await ids(`?limit=2&cursor=${first.cursor}`)
  assert.deepEqual(second.ids, ['e2', 'e1'])
  assert.deepEqual(await ids(`?limit=2&cursor=${second.cursor}`), { ids: ['e0'], cursor: undefined })
  for (const query of ['state=', 'state=gone', 'limit=0', 'limit=1001', 'cursor=abc', 'what=1'])
    assert.equal((await get(`/downloads?${query}`)).status, 400, query)
})

test('peers by state, by neighbourhood and in pages; the library by words', async (t) => {
  const { node, get } = await api(t)
  const ids = async (query: string) => {
    const page = JSON.parse((await get(`/peers?${query}`)).body)
    assert.ok(Value.Check(Peers, page), query)
    return page.peers.map(({ peerId }: { peerId: string }) => peerId)
  }
  assert.deepEqual(await ids(''), ['peerOne', 'peerTwo'])
  assert.deepEqual(await ids('state=known,dead'), ['peerTwo'])
  assert.deepEqual(await ids('neighbour=true'), ['peerOne'])
  assert.deepEqual(await ids('neighbour=false'), ['peerTwo'])
  assert.deepEqual(await ids('limit=1'), ['peerOne'])
  assert.equal((await get('/peers?state=odd')).status, 400)
  assert.equal((await get('/library?q=holiday+phot*')).status, 200)
  assert.deepEqual(node.asked.at(-1), ['list', { limit: 100, words: 'holiday phot*' }])
  assert.equal((await get('/library?q=')).status, 400)
})

test('who has an answer already is told so, and gets it again when it has changed', async (t) => {
  const { node, get, url } = await api(t)
  for (const path of ['/downloads/d1', '/library', '/peers', '/config']) {
    const first = await get(path, BEARER)
    const etag = String(first.headers.etag)
    assert.match(etag, /^"[\w-]{22}"$/, path)
    for (const known of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
      const again = await get(path, { ...BEARER, 'if-none-match': known })
      assert.deepEqual([again.status, again.body, again.headers.etag], [304, '', etag], `${path} ${known}`)
      assert.equal(again.headers['content-type'], undefined)
    }
    const other = await get(path, { ...BEARER, 'if-none-match': '"other"' })
    assert.deepEqual([other.status, other.body], [200, first.body])
    const head = await send(`${url}${path}`, { method: 'HEAD', headers: BEARER })
    assert.deepEqual([head.status, head.headers.etag, head.body], [200, etag, ''])
  }
  const before = (await get('/downloads/d1')).headers.etag
  node.views.set('d1', { ...viewOf('d1'), doneBytes: 6 })
  const after = await get('/downloads/d1', { 'if-none-match': String(before) })
  assert.equal(after.status, 200)
  assert.ok(Value.Check(Download, JSON.parse(after.body)))
  assert.notEqual(after.headers.etag, before)
  // Errors have none, and what a stranger may not read says nothing.
  assert.equal((await get('/downloads/nope', { 'if-none-match': '*' })).status, 404)
  assert.equal((await get('/config', { 'if-none-match': '*' })).status, 401)
  assert.equal((await get('/status')).headers.etag, undefined)
})

test('settings are changed only if they are those that were read, when that is asked', async (t) => {
  const { node, get, url } = await api(t)
  const { etag } = (await get('/config', BEARER)).headers
  const patch = (ifMatch: string) =>
    send(`${url}/config`, {
      method: 'PATCH',
      headers: { ...BEARER, 'content-type': 'application/json', 'if-match': ifMatch },
      body: '{"name":"new"}',
    })
  for (const [ifMatch, status] of [
    [String(etag), 200],
    [`"a", ${etag}`, 200],
    ['*', 200],
    ['"a"', 412],
    [`W/${etag}`, 412],
  ] as const) {
    const answer = await patch(ifMatch)
    assert.equal(answer.status, status, ifMatch)
    if (status === 200) assert.equal(answer.headers.etag, etag, 'the fake changes nothing')
    else assert.equal(JSON.parse(answer.body).code, 'PRECONDITION_FAILED')
  }
  assert.equal(node.asked.length, 3)
})
