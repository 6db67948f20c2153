import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TSchema } from 'typebox'
import { Value } from 'typebox/value'
import { Kept, KeptReplica, Replica, ReplicaList, ReplicasOfCid, Unpushed } from '../schemas/replicas.ts'
import { CID_A, CID_B } from '../testing/fake-node.ts'
import { keptReplicaOf } from '../testing/fake-replication.ts'
import { BEARER, send, sendJson, startApi } from '../testing/start-api.ts'

const PEER = '12D3KooWD3eckifWpRn9wQpMG9R9hX3sD158z7EqHWmweQAJU5SA'

test('copies are answered as their schemas say, to the owner only', async (t) => {
  const { url } = await startApi(t)
  const table: [string, string, TSchema, object?][] = [
    ['GET', '/replicas', ReplicaList],
    ['GET', `/replicas/${CID_A}`, ReplicasOfCid],
    ['POST', '/replicas', Replica, { cid: CID_A, replicas: 2 }],
    ['POST', `/replicas/${CID_A}/prove`, Replica],
    ['DELETE', `/replicas/${CID_A}`, Unpushed],
    ['PUT', `/pins/${CID_B}`, KeptReplica, { name: 'b.txt' }],
    ['GET', '/kept', Kept],
  ]
  for (const [method, path, schema, body] of table) {
    const answer = await sendJson(`${url}/api/v1${path}`, method, body)
    assert.equal(answer.status, 200, answer.body)
    assert.ok(Value.Check(schema, JSON.parse(answer.body)), answer.body)
  }
  for (const path of ['/replicas', `/replicas/${CID_A}`, `/replicas/${CID_A}/watch`, '/kept'])
    assert.equal((await send(`${url}/api/v1${path}`)).status, 401, path)
})

test('an order is made once: 201, then 200; by CID, link or path', async (t) => {
  const { url, node } = await startApi(t)
  const push = async (body: object) => (await sendJson(`${url}/api/v1/replicas`, 'POST', body)).status
  const more = { replicas: 2, peers: [PEER, PEER], days: 90, zoneFirst: true }
  assert.equal(await push({ cid: `shoal:${CID_B}?name=b.txt`, ...more }), 201)
  assert.deepEqual(node.asked.at(-1), ['push', { cid: CID_B }, { ...more, peers: [PEER] }])
  assert.equal(await push({ cid: CID_B, replicas: 1 }), 200)
  assert.equal(await push({ path: '/tmp/docs/../docs', replicas: 1 }), 200)
  assert.deepEqual(node.asked.at(-1), [
    ...['push', { path: '/tmp/docs' }],
    { replicas: 1, peers: [], days: undefined, zoneFirst: undefined },
  ])
  assert.equal(await push({ path: '/missing', replicas: 1 }), 404)
})

test('the list comes in pages; both orders of one CID are there, and what is not there is 404', async (t) => {
  const { url } = await startApi(t)
  const ask = async (path: string) =>
    JSON.parse((await send(`${url}/api/v1/replicas${path}`, { headers: BEARER })).body)
  const first = await ask('?limit=1')
  const second = await ask(`?limit=1&cursor=${first.cursor}`)
  assert.deepEqual(
    [first, second].map(({ replicas }) => replicas.length),
    [1, 1],
  )
  assert.notEqual(first.replicas[0].owner, second.replicas[0].owner)
  assert.equal(second.cursor, undefined)
  for (const role of ['owner', 'holder']) {
    const { replicas } = await ask(`?role=${role}`)
    assert.deepEqual(
      replicas.map((view: { role: string }) => view.role),
      [role],
    )
  }
  const { replicas } = await ask(`/${CID_A.toUpperCase()}`)
  assert.deepEqual(
    replicas.map(({ role }: { role: string }) => role),
    ['owner', 'holder'],
  )
  for (const [method, path] of [
    ...(['GET', 'DELETE'] as const).map((each) => [each, `/replicas/${CID_B}`] as const),
    ['GET', `/replicas/${CID_B}/watch`],
    ['POST', `/replicas/${CID_B}/prove`],
    ['DELETE', `/pins/${CID_B}`],
  ] as const)
    assert.equal((await sendJson(`${url}/api/v1${path}`, method)).status, 404, path)
})

test('an order is watched to its end, line by line or as events', async (t) => {
  const { url } = await startApi(t)
  const watch = (accept: string) =>
    send(`${url}/api/v1/replicas/${CID_A}/watch`, { headers: { ...BEARER, accept } })
  const lines = (await watch('application/x-ndjson')).body.trim().split('\n')
  const views = lines.map((line) => JSON.parse(line))
  assert.ok(views.every((view) => Value.Check(Replica, view)))
  assert.deepEqual(
    views.map(({ state, live }) => [state, live]),
    [
      ['placing', 1],
      ['kept', 3],
    ],
  )
  assert.match((await watch('text/event-stream')).body, /^event: replica\ndata: \{"cid"/)
})

test('what is pinned is kept until it is unpinned; under a lease it stays', async (t) => {
  const { url, node } = await startApi(t)
  const pin = (cid: string, body: object = {}) => sendJson(`${url}/api/v1/pins/${cid}`, 'PUT', body)
  const unpin = async (cid: string) => (await sendJson(`${url}/api/v1/pins/${cid}`, 'DELETE')).status
  assert.equal(JSON.parse((await pin(CID_B, { name: 'x' })).body).state, 'fetching')
  assert.deepEqual(node.asked.at(-1), ['pin', CID_B, 'x'])
  assert.equal((await pin(CID_A)).status, 200)
  assert.deepEqual([await unpin(CID_A), await unpin(CID_B), await unpin(CID_A)], [204, 204, 404])
  assert.deepEqual([...node.replication.copies.values()], [keptReplicaOf(CID_A)])
})

test('only the owner hears of copies', async (t) => {
  const { url, node } = await startApi(t)
  const heard = async (headers: Record<string, string>) => {
    const stop = new AbortController()
    const answer = await fetch(`${url}/api/v1/events`, { headers, signal: stop.signal })
    node.events.emit({ type: 'replica', data: node.replication.list()[0] })
    node.events.emit({ type: 'library', data: {} })
    let text = ''
    for await (const bytes of answer.body!.pipeThrough(new TextDecoderStream())) {
      text += bytes
      if (text.includes('event: library')) break
    }
    stop.abort()
    return text
  }
  assert.match(await heard(BEARER), /event: replica\ndata: .*holiday/)
  assert.doesNotMatch(await heard({}), /replica|holiday/)
})

test('bad input is refused with its reason and asks nothing of the node', async (t) => {
  const { url, node } = await startApi(t)
  const table: [string, string, unknown, RegExp][] = [
    ['POST', '/replicas', { replicas: 1 }, /^Give one of cid and path/],
    ['POST', '/replicas', { cid: CID_A, path: '/x', replicas: 1 }, /^Give one of cid and path/],
    ['POST', '/replicas', { cid: CID_A }, /^replicas is missing/],
    ['POST', '/replicas', { cid: CID_A, replicas: 0 }, /^replicas: must be/],
    ['POST', '/replicas', { cid: CID_A, replicas: 21 }, /^replicas: must be/],
    ['POST', '/replicas', { cid: CID_A, replicas: 1, days: 0 }, /^days: must be/],
    ['POST', '/replicas', { cid: CID_A, replicas: 1, peers: ['ada'] }, /^peers: ada is no PeerId/],
    ['POST', '/replicas', { cid: 'song.flac', replicas: 1 }, /neither a link/],
    ['POST', '/replicas', { path: 'song.flac', replicas: 1 }, /^path: must be an absolute path/],
    ['POST', '/replicas/x/prove', undefined, /CID/],
    ['PUT', '/pins/x', {}, /CID/],
    ['PUT', `/pins/${CID_A}`, { name: '' }, /^name: must not be empty/],
    ['GET', '/replicas?role=guest', undefined, /^role: must be/],
    ['GET', '/replicas?cursor=x', undefined, /^cursor: is not one/],
  ]
  for (const [method, path, body, detail] of table) {
    const answer = await sendJson(`${url}/api/v1${path}`, method, body)
    assert.equal(answer.status, 400, JSON.stringify([path, body]))
    assert.match(JSON.parse(answer.body).detail, detail)
  }
  assert.deepEqual(node.asked, [])
})
