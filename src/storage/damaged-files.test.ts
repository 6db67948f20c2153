import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { silentLogger } from '../base/log.ts'
import { Catalogue } from './catalogue.ts'
import type { CataloguedFile, Damage } from './catalogue-types.ts'

const DAMAGE: Damage = { reason: 'blocks', blockCount: 1, blocks: [1] }

function openCatalogue(t: TestContext): Catalogue {
  const folder = mkdtempSync(join(tmpdir(), 'shoal-damaged-'))
  const { catalogue } = Catalogue.open(join(folder, 'catalogue.db'), { log: silentLogger })
  t.after(() => {
    catalogue.close()
    rmSync(folder, { recursive: true })
  })
  return catalogue
}

/** A file of three blocks whose hashes follow from `content`. */
function file(shareId: number, relPath: string, content = relPath): CataloguedFile {
  const digests = Buffer.concat(
    [0, 1, 2].map((i) =>
      createHash('sha256')
        .update(content + i)
        .digest(),
    ),
  )
  const sha256 = createHash('sha256').update(content).digest('hex')
  const stat = { size: 3, mtimeMs: 1_700_000_000_123.456, ino: 7 }
  return { shareId, relPath, cid: `cid-${content}`, sha256, digests, totalBytes: 3, stat }
}

const keysOf = (catalogue: Catalogue, shareId: number, relPath: string) =>
  [...catalogue.contentsBelow({ shareId, relPath })].flat().map((one) => one.relPath)

test('a damaged file is found by nobody and known all the same; verified well it is back', (t) => {
  const catalogue = openCatalogue(t)
  const { id } = catalogue.addShare('/data/Musik', 'folder', 'user')
  catalogue.putFiles([file(id, 'a/song'), file(id, 'other')])
  const key = { shareId: id, relPath: 'a/song' }
  const entry = catalogue.entryAt(key)!
  const stale = () => new Map(catalogue.staleFolders(id, 10).map((each) => [each.relPath, each.stale]))
  const before = { revision: catalogue.revision(), stale: stale(), totals: catalogue.totals() }
  const known = catalogue.contentAt(key)!
  assert.deepEqual([known.absPath, known.isDamaged], ['/data/Musik/a/song', false])

  const removed = [{ cid: 'cid-a/song', path: 'Musik/a/song' }]
  assert.deepEqual(catalogue.setDamage(known, DAMAGE), { added: [], removed })
  assert.deepEqual(catalogue.setDamage(known, { ...DAMAGE, blockCount: 2 }), { added: [], removed: [] })
  assert.notEqual(catalogue.revision(), before.revision)
  for (const folder of ['', 'a']) assert.ok(stale().get(folder)! > before.stale.get(folder)!, folder)
  assert.equal(stale().size, 2)
  assert.equal(catalogue.find('cid-a/song'), undefined)
  assert.equal(catalogue.entry('cid-a/song'), undefined)
  assert.equal(catalogue.entryAt(key), undefined)
  assert.deepEqual(catalogue.search({ words: 'song', limit: 5 }), [])
  assert.deepEqual(catalogue.bySha256(entry.sha256!), [])
  assert.deepEqual(
    catalogue.list({ limit: 5 }).entries.map(({ path }) => path),
    ['Musik/other'],
  )
  assert.equal([...catalogue.batches()].flat().length, 1)
  assert.deepEqual(
    [...catalogue.batchesOfShare(id)].flatMap(({ keys }) => keys.map(({ path }) => path)),
    ['Musik/other'],
  )
  assert.deepEqual(catalogue.totals(), { ...before.totals, files: 1, sizeBytes: 3, damaged: 1 })
  // What reads it again, and what scans, still know what it should be.
  assert.deepEqual(catalogue.contentAt(key), { ...known, isDamaged: true })
  assert.deepEqual(keysOf(catalogue, id, ''), ['other', 'a/song'])
  assert.equal(catalogue.child(id, 'a/song')?.isDamaged, true)
  assert.deepEqual(
    Buffer.from(catalogue.digestsOf(known.cid, { first: 1, end: 3 })!),
    file(id, 'a/song').digests.subarray(32),
  )

  assert.deepEqual(catalogue.setDamage(known, undefined), { added: [entry], removed: [] })
  assert.deepEqual(catalogue.entryAt(key), entry)
  assert.deepEqual(catalogue.totals(), before.totals)
})

test('another copy of a damaged file is found in its place', (t) => {
  const catalogue = openCatalogue(t)
  const { id } = catalogue.addShare('/s', 'folder', 'user')
  catalogue.putFiles([file(id, 'one', 'same'), file(id, 'two', 'same')])
  catalogue.setDamage(catalogue.contentAt({ shareId: id, relPath: 'one' })!, DAMAGE)
  const located = catalogue.find('cid-same')!
  assert.deepEqual([located.absPath, located.others], ['/s/two', []])
})

test('a file that changed, or is hashed anew, is not damaged any more; its removal is told once', (t) => {
  const catalogue = openCatalogue(t)
  const { id } = catalogue.addShare('/s', 'folder', 'user')
  const one = file(id, 'one')
  catalogue.putFiles([one, file(id, 'two')])
  const known = catalogue.contentAt(one)!
  const later = { ...one, stat: { ...one.stat, mtimeMs: 5 } }
  assert.deepEqual(catalogue.setDamage({ ...known, stat: later.stat }, DAMAGE).removed, [])
  catalogue.setDamage(known, DAMAGE)
  assert.equal(catalogue.putFiles([later]).added.length, 1)
  assert.equal(catalogue.contentAt(one)!.isDamaged, false)
  // News of the content of before comes too late.
  assert.deepEqual(catalogue.setDamage(known, DAMAGE).removed, [])
  const two = { shareId: id, relPath: 'two' }
  assert.equal(catalogue.setDamage(catalogue.contentAt(two)!, DAMAGE).removed.length, 1)
  assert.deepEqual(catalogue.removeFiles([two]), [])
})

test('contents below a folder are its own and none of a neighbour with a similar name', (t) => {
  const catalogue = openCatalogue(t)
  const { id } = catalogue.addShare('/s', 'folder', 'user')
  const paths = ['a/x', 'a/b/y', 'a-b/z', 'a0/z', 'ab', 'a!/q']
  catalogue.putFiles(paths.map((path) => file(id, path)))
  assert.deepEqual(keysOf(catalogue, id, 'a'), ['a/x', 'a/b/y'])
  assert.deepEqual(keysOf(catalogue, id, 'ab'), ['ab'])
  assert.deepEqual(keysOf(catalogue, id, 'none'), [])
  assert.equal(keysOf(catalogue, id, '').length, paths.length)
  catalogue.setMissing(id, true)
  assert.deepEqual(keysOf(catalogue, id, ''), [])
  const many = Array.from({ length: 2300 }, (_, i) => file(id, `m/${i % 7}/${i}`))
  catalogue.setMissing(id, false)
  catalogue.putFiles(many)
  assert.equal(new Set(keysOf(catalogue, id, 'm')).size, 2300)
  const single = catalogue.addShare('/alone', 'file', 'user')
  catalogue.putFiles([file(single.id, 'alone')])
  assert.deepEqual(keysOf(catalogue, single.id, ''), ['alone'])
  assert.equal(catalogue.digestsOf('cid-nothing', { first: 0, end: 1 }), undefined)
})
