import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runShoal } from '../../../test/support/cli-run.ts'
import { type FakeHandler, fakeNode } from '../../../test/support/fake-node.ts'
import { ManualClock } from '../../base/clock.ts'
import type { WishJson } from '../client/wish-rest.ts'
import { pickWish } from './pick-wish.ts'

const NOW = 1_700_000_100_000
const CID = 'bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku'
const wishOf = (id: string, words: string, more: Partial<WishJson> = {}): WishJson => ({
  ...{ id, words, fetch: false, createdMs: NOW, newHits: 0, hits: [] },
  ...more,
})
const found = { cid: CID, size: 2048, kind: 'file', providers: 2, foundMs: NOW - 5000 } as const
const maps = wishOf('3f2a0001-aaaa', 'Old maps', {
  ...{ fetch: true, newHits: 1, lastSearchedMs: NOW - 90_000 },
  hits: [
    { ...found, name: 'old\u001b[2Jmaps.pdf', isNew: true, downloadId: 'd1234567-x' },
    { ...found, name: 'maps', kind: 'folder', isNew: false, heldBack: 'size' },
  ],
})
const wishes = [maps, wishOf('3f2a0002-bbbb', 'holi*')]
const list: FakeHandler = () => ({ json: { wishes } })
const one: FakeHandler = () => ({ json: maps })

test('add sends the words and tells what will be', async () => {
  await using node = await fakeNode({ 'POST /wishes': () => ({ json: maps, status: 201 }) })
  const add = (...args: string[]) => runShoal(['wish', 'add', '--node', node.url, ...args])
  assert.equal((await add('Old', 'maps', '--fetch')).stdout, 'Old maps: what is new is told and fetched\n')
  assert.deepEqual(node.requests.at(-1)!.body, { words: 'Old maps', fetch: true })
  assert.deepEqual((await add('old', '--json')).lines, [{ event: 'wish', ...maps }])
  assert.deepEqual(node.requests.at(-1)!.body, { words: 'old' })
  const before = node.requests.length
  assert.equal((await add('?!')).code, 2)
  assert.equal((await add()).code, 2)
  assert.equal(node.requests.length, before)
})

test('ls: a line for each wish, or what one of them found, with nothing that a terminal acts upon', async () => {
  await using node = await fakeNode({ 'GET /wishes': list })
  const ls = (...args: string[]) =>
    runShoal(['wish', 'ls', '--node', node.url, ...args], { clock: new ManualClock(NOW) })
  assert.deepEqual(
    (await ls('--json')).lines,
    wishes.map((wish) => ({ event: 'wish', ...wish })),
  )
  const { stdout } = await ls()
  assert.match(stdout, /^3f2a0001 {2}1 {2}yes {2,}1 min 30 s ago {2}Old maps$/m)
  assert.match(stdout, /^3f2a0002 {2}0 {2}no {2,}not yet {2,}holi\*$/m)
  const hits = (await ls('old', 'MAPS')).stdout
  assert.doesNotMatch(hits, /\u001b/)
  assert.match(
    hits,
    /^new {2}5\.0 s ago {2}2\.00 KiB {2}2 {2}bafkrei\w+ {2}old.+maps\.pdf {2}download d1234567$/m,
  )
  assert.match(hits, /maps\/ {2,}too large$/m)
  assert.equal((await ls('none')).code, 3)
  assert.match((await ls('holi*')).stderr, /nothing was found yet/)
})

test('a wish is changed, searched for and removed by its words or its id', async () => {
  const path = `/wishes/${maps.id}`
  await using node = await fakeNode({
    'GET /wishes': list,
    [`PATCH ${path}`]: one,
    [`POST ${path}/search`]: one,
    [`DELETE ${path}`]: () => ({ raw: '', status: 204 }),
  })
  const wish = (...args: string[]) => runShoal(['wish', ...args, '--node', node.url])
  const last = () => node.requests.at(-1)!
  assert.equal((await wish('seen', 'old', 'maps')).stdout, 'Old maps: seen\n')
  assert.deepEqual(last().body, { seen: true })
  assert.equal((await wish('fetch', 'on', maps.id)).stdout, 'Old maps: what is new is fetched\n')
  assert.deepEqual(last().body, { fetch: true })
  assert.equal((await wish('fetch', 'maybe', maps.id)).code, 2)
  assert.equal((await wish('search', '3f2a0001')).stdout, 'Old maps: 1 new\n')
  assert.deepEqual((await wish('rm', 'old maps', '--json')).lines, [
    { event: 'removed', id: maps.id, words: 'Old maps' },
  ])
  assert.deepEqual([last().method, last().path], ['DELETE', path])
  const unclear = await wish('rm', '3f2a')
  assert.equal(unclear.code, 2)
  assert.match(unclear.stderr, /Give more of the id/)
})

test('which wish is meant', () => {
  const pick = (text: string) => pickWish(wishes, text).id
  for (const text of ['Old maps', 'old  maps', '3f2a0001', maps.id]) assert.equal(pick(text), maps.id)
  assert.equal(pick('HOLI*'), wishes[1]!.id)
  for (const text of ['holi', 'maps old', '', '*', 'x'])
    assert.throws(() => pick(text), { code: 'NOT_FOUND' })
  assert.throws(() => pick('3'), { code: 'AMBIGUOUS' })
})
