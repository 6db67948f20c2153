import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import fc from 'fast-check'
import { silentLogger } from '../base/log.ts'
import { openOrRebuild } from './database.ts'
import { openStateDatabase, type StateDatabase } from './state-database.ts'
import { STATE_MIGRATIONS } from './state-schema.ts'
import { MAX_FORGOTTEN, MAX_WISH_HITS } from './wish-store.ts'
import type { WishFound, WishRecord } from './wish-types.ts'

const wishOf = (id: string, more: Partial<WishRecord> = {}): WishRecord => ({
  ...{ id, words: `Words ${id}`, key: `words ${id}`, fetch: false, createdMs: 1000, hasBaseline: false },
  ...more,
})
const foundOf = (cid: string, more: Partial<WishFound> = {}): WishFound => ({
  ...{ cid, name: `${cid}.txt`, sizeBytes: 5, kind: 'file', providers: 1, isOwn: false },
  ...more,
})

function newPath(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'shoal-wishes-'))
  t.after(() => rmSync(folder, { recursive: true }))
  return join(folder, 'state.db')
}

function open(t: TestContext, path = newPath(t)): StateDatabase {
  const state = openStateDatabase(path, { log: silentLogger })
  t.after(() => state.close())
  return state
}

const cids = (list: readonly { cid: string }[]) => list.map(({ cid }) => cid)

test('wishes and what they found survive a restart; the first search is no news', (t) => {
  const path = newPath(t)
  let { wishes, close } = open(t, path)
  wishes.add(wishOf('a', { fetch: true }))
  wishes.add(wishOf('b'))
  assert.throws(() => wishes.add(wishOf('c', { key: 'words a' })))
  assert.deepEqual(wishes.noteSearch('a', [foundOf('old')], 2000), [])
  const later = [
    foundOf('old', { providers: 3 }),
    foundOf('new', { name: '\u001b[2J' }),
    foundOf('own', { isOwn: true }),
  ]
  const fresh = {
    cid: 'new',
    name: '\u001b[2J',
    sizeBytes: 5,
    kind: 'file',
    providers: 1,
    foundMs: 3000,
    isNew: true,
  }
  assert.deepEqual(wishes.noteSearch('a', later, 3000), [fresh])
  assert.deepEqual(wishes.noteSearch('a', later, 4000), [], 'nothing is told twice')
  wishes.setDownload('a', 'new', 'd1')
  wishes.holdBack('a', 'old', 'size')
  close()
  ;({ wishes, close } = open(t, path))
  assert.deepEqual(wishes.list(), [
    wishOf('a', { fetch: true, lastSearchedMs: 4000, hasBaseline: true }),
    wishOf('b'),
  ])
  assert.deepEqual(wishes.byKey('words b'), wishOf('b'))
  const [own, found, old] = wishes.hits('a', 10)
  assert.deepEqual([own?.cid, own?.isNew], ['own', false])
  assert.deepEqual(found, { ...fresh, downloadId: 'd1' })
  assert.deepEqual([old?.providers, old?.heldBack, old?.foundMs], [3, 'size', 2000])
  assert.equal(wishes.newHits('a'), 1)
  wishes.markSeen('a')
  assert.equal(wishes.newHits('a'), 0)
  assert.deepEqual(cids(wishes.hits('a', 1)), ['own'])
  wishes.setFetch('a', false)
  assert.equal(wishes.get('a')?.fetch, false)
  assert.deepEqual([wishes.remove('a'), wishes.remove('a')], [true, false])
  assert.deepEqual(wishes.hits('a', 10), [])
  assert.deepEqual(wishes.noteSearch('a', [foundOf('x')], 5000), [], 'it is gone')
})

test('with a baseline of nothing the first hit is news', (t) => {
  const { wishes } = open(t)
  wishes.add(wishOf('a'))
  wishes.setBaseline('a')
  assert.deepEqual(cids(wishes.noteSearch('a', [foundOf('x')], 2000)), ['x'])
})

test('the oldest hits make room, and are not told again until their digests have made room too', (t) => {
  const { wishes } = open(t)
  wishes.add(wishOf('a'))
  wishes.setBaseline('a')
  const batch = (from: number, count: number) =>
    Array.from({ length: count }, (_, i) => foundOf(`c${from + i}`))
  const all = MAX_WISH_HITS + MAX_FORGOTTEN
  assert.equal(wishes.noteSearch('a', batch(0, all), 2000).length, all)
  assert.equal(wishes.newHits('a'), MAX_WISH_HITS)
  assert.deepEqual(cids(wishes.hits('a', 1)), [`c${all - 1}`])
  assert.deepEqual(wishes.noteSearch('a', batch(0, 3), 3000), [])
  wishes.noteSearch('a', batch(all, 2), 4000)
  assert.deepEqual(cids(wishes.noteSearch('a', batch(0, 3), 5000)), ['c0', 'c1'])
})

test('whatever searches find, a CID is news at most once, and never when it was there first', (t) => {
  const { wishes } = open(t)
  const found = fc.uniqueArray(fc.constantFrom(...'abcdefgh'), { maxLength: 8 })
  let run = 0
  fc.assert(
    fc.property(fc.array(found, { minLength: 1, maxLength: 6 }), (searches) => {
      const id = `w${run++}`
      wishes.add(wishOf(id))
      const told = searches.flatMap((list, i) =>
        cids(
          wishes.noteSearch(
            id,
            list.map((cid) => foundOf(cid)),
            i,
          ),
        ),
      )
      const first = new Set(searches[0])
      const expected = [...new Set(searches.flat())].filter((cid) => !first.has(cid))
      assert.deepEqual(told, expected)
      wishes.remove(id)
    }),
    { numRuns: 40 },
  )
})

test('fetches are counted from before they start, and also when their wish is gone', (t) => {
  const { wishes } = open(t)
  wishes.add(wishOf('a'))
  const first = wishes.beginFetch('a', 'x', 1000)
  const second = wishes.beginFetch('a', 'y', 2000)
  assert.equal(wishes.fetchesSince(500), 2)
  assert.equal(wishes.fetchesSince(1000), 1)
  assert.deepEqual(wishes.fetches(), [])
  wishes.endFetch(first, 'd1')
  wishes.dropFetch(second)
  wishes.remove('a')
  assert.equal(wishes.fetchesSince(0), 1)
  assert.deepEqual(wishes.fetches(), [{ wishId: 'a', cid: 'x', downloadId: 'd1' }])
})

test('a state database of before gets the tables and keeps what it has', (t) => {
  const path = newPath(t)
  const old = openOrRebuild({ path, migrations: STATE_MIGRATIONS.slice(0, 5), log: silentLogger })
  old.db.exec(`INSERT INTO peers VALUES ('p', 'name', '[]', 5)`)
  old.db.close()
  const state = open(t, path)
  assert.equal(state.peers.get('p')?.name, 'name')
  assert.deepEqual(state.wishes.list(), [])
})
