import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Value } from 'typebox/value'
import { Wish, WishList } from '../schemas/wishes.ts'
import { wishViewOf } from '../testing/fake-wishes.ts'
import { BEARER, send, sendJson, startApi } from '../testing/start-api.ts'

test('wishes are answered as their schemas say, to the owner only', async (t) => {
  const { url } = await startApi(t)
  const list = await send(`${url}/api/v1/wishes`, { headers: BEARER })
  assert.ok(Value.Check(WishList, JSON.parse(list.body)), list.body)
  for (const [method, path, body] of [
    ['GET', '/d1'],
    ['PATCH', '/d1', { fetch: false, seen: true }],
    ['POST', '/d1/search'],
    ['POST', '', { words: 'other words' }],
  ] as const) {
    const answer = await sendJson(`${url}/api/v1/wishes${path}`, method, body)
    assert.ok(answer.status < 300, answer.body)
    assert.ok(Value.Check(Wish, JSON.parse(answer.body)), answer.body)
  }
  for (const path of ['', '/d1']) assert.equal((await send(`${url}/api/v1/wishes${path}`)).status, 401)
})

test('a wish is added once: 201, then 200; changed, searched and forgotten by its id', async (t) => {
  const { url, node } = await startApi(t)
  const add = (body: object) => sendJson(`${url}/api/v1/wishes`, 'POST', body)
  assert.equal((await add({ words: '  old maps ', fetch: true })).status, 201)
  assert.deepEqual(node.asked.at(-1), ['wish', 'old maps', true])
  assert.equal((await add({ words: 'old maps' })).status, 200)
  const one = `${url}/api/v1/wishes/w2`
  const seen = await sendJson(one, 'PATCH', { seen: true })
  assert.deepEqual([seen.status, node.asked.at(-1)], [200, ['change wish', 'w2', { seen: true }]])
  assert.equal((await sendJson(one, 'DELETE')).status, 204)
  for (const [path, method, body] of [
    ['', 'GET'],
    ['', 'DELETE'],
    ['', 'PATCH', { fetch: true }],
    ['/search', 'POST'],
  ] as const)
    assert.equal((await sendJson(one + path, method, body)).status, 404)
  node.wishes.views.set('busy', wishViewOf('busy'))
  const busy = await sendJson(`${url}/api/v1/wishes/busy/search`, 'POST')
  assert.deepEqual([busy.status, JSON.parse(busy.body).details], [429, { retryAfterMs: 10 }])
})

test('bad input is refused with its reason and asks nothing of the node', async (t) => {
  const { url, node } = await startApi(t)
  const table: [string, string, unknown, RegExp][] = [
    ['POST', '', { words: '?!' }, /^words: has no letter or digit/],
    ['POST', '', { words: 'ü'.repeat(300) }, /^words: must have at most 512 bytes/],
    ['POST', '', { words: '' }, /^words: must not be empty/],
    ['POST', '', {}, /^words is missing/],
    ['POST', '', { words: 'a', fetch: 'yes' }, /^fetch: must be true or false/],
    ['PATCH', '/d1', {}, /^Say what to change: fetch or seen/],
    ['PATCH', '/d1', { seen: false }, /^seen: must be true/],
    ['PATCH', '/d1', { words: 'b' }, /^words is not known/],
  ]
  for (const [method, path, body, detail] of table) {
    const answer = await sendJson(`${url}/api/v1/wishes${path}`, method, body)
    assert.equal(answer.status, 400, JSON.stringify(body))
    assert.match(JSON.parse(answer.body).detail, detail)
  }
  assert.deepEqual(node.asked, [])
})
