import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { silentLogger } from '../base/log.ts'
import { Catalogue } from './catalogue.ts'
import type { CataloguedFile } from './catalogue-types.ts'

function openCatalogue(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), 'shoal-catalogue-'))
  const path = join(folder, 'catalogue.db')
  let catalogue = Catalogue.open(path, { log: silentLogger }).catalogue
  t.after(() => {
    catalogue.close()
    rmSync(folder, { recursive: true })
  })
  return {
    get catalogue() {
      return catalogue
    },
    reopen() {
      catalogue.close()
      catalogue = Catalogue.open(path, { log: silentLogger }).catalogue
    },
  }
}

/** A file whose hashes follow from `content`. */
function file(shareId: number, relPath: string, content = relPath, size = 1): CataloguedFile {
  const digest = createHash('sha256').update(content).digest()
  return {
    shareId,
    relPath,
    cid: `cid-${content}`,
    sha256: digest.toString('hex'),
    digests: digest,
    totalBytes: size,
    stat: { size, mtimeMs: 1_700_000_000_123.456, ino: 7 },
  }
}

test('a file is found by words of its path, by its hashes, and where it lies', (t) => {
  const { catalogue } = openCatalogue(t)
  const share = catalogue.addShare('/data/Musik', 'folder', 'user')
  const name = "Été 数据 (final) 'v2' #1?.bin"
  const added = file(share.id, `Live/${name}`, 'x', 5)
  const change = catalogue.putFiles([added])
  const entry = {
    cid: 'cid-x',
    sha256: added.sha256,
    name,
    path: `Musik/Live/${name}`,
    sizeBytes: 5,
    kind: 'file',
    modifiedMs: 1_700_000_000_123,
  } as const
  assert.deepEqual(change, { added: [entry], removed: [] })
  for (const words of ['été', 'ete', '数据', '数', 'final', 'v2', 'fin*', 'musik LIVE 1']) {
    assert.deepEqual(catalogue.search({ words, limit: 10 }), [entry], words)
  }
  assert.deepEqual(catalogue.search({ words: 'final', sha256: added.sha256.toUpperCase(), limit: 1 }), [
    entry,
  ])
  assert.deepEqual(catalogue.search({ words: 'other', cid: 'cid-x', limit: 1 }), [])
  assert.deepEqual(catalogue.search({ words: '?', cid: 'cid-x', limit: 1 }), [])
  assert.deepEqual(catalogue.search({ limit: 1 }), [])
  assert.deepEqual(catalogue.bySha256(added.sha256), [entry])
  assert.deepEqual(catalogue.entry('cid-x'), entry)
  assert.deepEqual(catalogue.find('cid-x'), {
    entry,
    absPath: `/data/Musik/Live/${name}`,
    layout: { cid: 'cid-x', sizeBytes: 5, digests: Uint8Array.from(added.digests) },
    stat: { size: 5, mtimeMs: 1_700_000_000_123.456, ino: 7 },
    others: [],
  })
  assert.equal(catalogue.find('cid-y'), undefined)
})

test('the same content at several paths is one CID, found as long as one path is left', (t) => {
  const { catalogue } = openCatalogue(t)
  const share = catalogue.addShare('/data/a', 'folder', 'user')
  const digests = Buffer.concat(['1', '2', '3'].map((text) => createHash('sha256').update(text).digest()))
  const copies = ['x.bin', 'b/y.bin'].map((path) => ({ ...file(share.id, path, 'same', 3_000_000), digests }))
  catalogue.putFiles(copies)
  assert.equal(catalogue.search({ words: 'bin', limit: 10 }).length, 1)
  assert.deepEqual(
    catalogue.find('cid-same')!.others.map(({ absPath }) => absPath),
    ['/data/a/b/y.bin'],
  )
  assert.deepEqual(catalogue.removeFiles([{ shareId: share.id, relPath: 'x.bin' }]), [
    { cid: 'cid-same', path: 'a/x.bin' },
  ])
  assert.equal(catalogue.find('cid-same')!.absPath, '/data/a/b/y.bin')
  assert.deepEqual(catalogue.find('cid-same')!.layout!.digests, Uint8Array.from(digests))
  catalogue.removeFiles([{ shareId: share.id, relPath: 'b/y.bin' }])
  assert.equal(catalogue.find('cid-same'), undefined)
})

test('equal paths of two shares are one key: it is withdrawn with the last of them', (t) => {
  const { catalogue } = openCatalogue(t)
  const [one, two] = ['/1/m.bin', '/2/m.bin'].map((path) => catalogue.addShare(path, 'file', 'download'))
  catalogue.putFiles([file(one!.id, 'm.bin', 'same'), file(two!.id, 'm.bin', 'same')])
  assert.equal(catalogue.entry('cid-same')!.path, 'm.bin')
  assert.equal(catalogue.find('cid-same')!.absPath, '/1/m.bin')
  assert.deepEqual(catalogue.removeFiles([{ shareId: one!.id, relPath: 'm.bin' }]), [])
  assert.deepEqual(catalogue.removeFiles([{ shareId: two!.id, relPath: 'm.bin' }]), [
    { cid: 'cid-same', path: 'm.bin' },
  ])
})

test('a changed file is its new content only; a file in place of a folder takes what was below with it', (t) => {
  const { catalogue } = openCatalogue(t)
  const { id } = catalogue.addShare('/s', 'folder', 'user')
  catalogue.putFiles([file(id, 'a/b/1', 'one'), file(id, 'a/b/2', 'two'), file(id, 'c', 'three')])
  const changed = catalogue.putFiles([file(id, 'c', 'four', 9)])
  assert.deepEqual(changed.removed, [{ cid: 'cid-three', path: 's/c' }])
  const replaced = catalogue.putFiles([file(id, 'a', 'five')])
  assert.deepEqual(replaced.removed.map(({ cid }) => cid).sort(), ['cid-one', 'cid-two'])
  assert.deepEqual(catalogue.putFiles([file(id, 'c/d', 'six')]).removed, [{ cid: 'cid-four', path: 's/c' }])
  assert.deepEqual(
    [...catalogue.filesOfShare(id)].map(({ relPath, cid }) => [relPath, cid]),
    [
      ['a', 'cid-five'],
      ['c/d', 'cid-six'],
    ],
  )
  assert.equal(catalogue.search({ words: 'b', limit: 9 }).length, 0)
})

test('folders become stale with what is below them, and are entries once they are built', (t) => {
  const { catalogue } = openCatalogue(t)
  const { id } = catalogue.addShare('/data/Top', 'folder', 'user')
  catalogue.putFiles([file(id, 'a/b/1')])
  catalogue.ensureFolders(id, ['empty'])
  const stale = () => catalogue.staleFolders(id, 100).map(({ relPath }) => relPath)
  assert.deepEqual(stale().slice(0, 1), ['a/b'])
  assert.deepEqual(stale().toSorted(), ['', 'a', 'a/b', 'empty'])
  assert.equal(catalogue.search({ words: 'empty', limit: 9 }).length, 0)
  const build = (relPath: string, cid: string) =>
    catalogue.putFolder({
      shareId: id,
      relPath,
      cid,
      totalBytes: 1,
      sizeBytes: 2,
      modifiedMs: 3,
      nodes: new Map([[cid, Buffer.from(cid)]]),
      stale: catalogue.staleFolders(id, 100).find((folder) => folder.relPath === relPath)?.stale ?? 0,
    })
  const top = {
    cid: 'top',
    sha256: undefined,
    name: 'Top',
    path: 'Top',
    sizeBytes: 2,
    kind: 'folder',
    modifiedMs: 3,
  }
  for (const relPath of ['a/b', 'a', 'empty']) build(relPath, `cid-${relPath}`)
  assert.deepEqual(build('', 'top'), { added: [top], removed: [] })
  assert.deepEqual(stale(), [])
  assert.deepEqual(catalogue.entry('cid-a/b')?.path, 'Top/a/b')
  assert.deepEqual(catalogue.node('cid-a'), Uint8Array.from(Buffer.from('cid-a')))
  assert.equal(catalogue.find('top')!.absPath, '/data/Top')
  assert.equal(catalogue.find('top')!.layout, undefined)

  catalogue.removeFiles([{ shareId: id, relPath: 'a/b/1' }])
  assert.deepEqual(stale(), ['a/b', 'a', ''])
  assert.deepEqual(build('a/b', 'new').removed, [{ cid: 'cid-a/b', path: 'Top/a/b' }])
  assert.equal(catalogue.node('cid-a/b'), undefined)
  // The same CID again is no change, and one that changed meanwhile stays stale.
  assert.deepEqual(build('a', 'cid-a'), { added: [], removed: [] })
  assert.deepEqual(stale(), [''])
  catalogue.putFiles([file(id, 'a/2')])
  catalogue.putFolder({ ...file(id, 'a'), sizeBytes: 0, modifiedMs: 0, nodes: new Map(), stale: 99 })
  assert.deepEqual(stale(), ['a', ''])
  assert.equal(catalogue.list({ limit: 10 }).entries.length, 1)
  assert.equal(catalogue.list({ limit: 10, folders: true }).entries.length, 5)
})

test('lists in pages by path, each entry once; totals count every path', (t) => {
  const { catalogue } = openCatalogue(t)
  const ids = ['/s1', '/s2'].map((path) => catalogue.addShare(path, 'folder', 'config').id)
  const files = ids.flatMap((id) =>
    Array.from({ length: 25 }, (_, i) => file(id, `d${i % 3}/f${i}`, `c${i}`, i)),
  )
  catalogue.putFiles(files)
  const seen: string[] = []
  for (let cursor: string | undefined; ; ) {
    const page = catalogue.list({ limit: 7, cursor })
    seen.push(...page.entries.map(({ absPath }) => absPath))
    cursor = page.cursor
    if (!cursor) break
  }
  assert.deepEqual(seen, [...seen].sort())
  assert.equal(new Set(seen).size, 50)
  assert.deepEqual(catalogue.totals(), { files: 50, folders: 8, sizeBytes: 600, damaged: 0 })
  assert.deepEqual(
    catalogue.shares().map((share) => [share.files, share.sizeBytes]),
    [
      [25, 300],
      [25, 300],
    ],
  )
  assert.equal(catalogue.list({ limit: 10, cid: 'cid-c3' }).entries.length, 2)
  const named = (words: string, more = {}) =>
    catalogue.list({ limit: 10, words, ...more }).entries.map(({ absPath }) => absPath)
  assert.deepEqual(named('F3 d0'), ['/s1/d0/f3', '/s2/d0/f3'])
  const [first, ...others] = [
    named('d1'),
    named('d1', { cursor: catalogue.list({ limit: 10, words: 'd1' }).cursor }),
  ]
  assert.deepEqual([first!.length, others[0]!.length], [10, 6])
  assert.deepEqual(named('f3', { cid: 'cid-c4' }), [])
  for (const words of ['', '*', '"', 'nothing of this']) assert.deepEqual(named(words), [], words)
  assert.throws(() => catalogue.list({ limit: 1, cursor: 'nonsense' }), { code: 'INVALID_ARGUMENT' })
})

test('a share whose root is away keeps its entries, out of sight', (t) => {
  const { catalogue } = openCatalogue(t)
  const { id } = catalogue.addShare('/s', 'folder', 'user')
  catalogue.putFiles([file(id, 'a')])
  const before = catalogue.revision()
  assert.equal(catalogue.setMissing(id, true), true)
  assert.equal(catalogue.setMissing(id, true), false)
  assert.notEqual(catalogue.revision(), before)
  assert.equal(catalogue.entry('cid-a'), undefined)
  assert.deepEqual(catalogue.search({ words: 'a', limit: 1 }), [])
  assert.deepEqual([...catalogue.batches()], [])
  assert.deepEqual(catalogue.totals(), { files: 0, folders: 0, sizeBytes: 0, damaged: 0 })
  assert.deepEqual(
    [...catalogue.batchesOfShare(id)].map(({ keys }) => keys),
    [[{ cid: 'cid-a', path: 's/a' }]],
  )
  // What goes while it is away was withdrawn already.
  assert.deepEqual(catalogue.removeFiles([{ shareId: id, relPath: 'a' }]), [])
  catalogue.setMissing(id, false)
  assert.equal(catalogue.entry('cid-a'), undefined)
})

test('exclusions hold for all below them and stay over a restart', (t) => {
  const world = openCatalogue(t)
  const { id } = world.catalogue.addShare('/s', 'folder', 'user')
  world.catalogue.exclude(id, ['a/b', 'c'])
  world.reopen()
  const { catalogue } = world
  for (const path of ['a/b', 'a/b/x/y', 'c']) assert.equal(catalogue.isExcluded(id, path), true, path)
  for (const path of ['a', 'a/bb', '', 'd']) assert.equal(catalogue.isExcluded(id, path), false, path)
  assert.equal(catalogue.isExcluded(id + 1, 'c'), false)
  assert.equal(catalogue.include(id, 'd'), false)
  assert.equal(catalogue.include(id, 'a/b/x'), true)
  assert.equal(catalogue.isExcluded(id, 'a/b'), false)
  assert.equal(catalogue.isExcluded(id, 'c'), true)
})

test('removing a tree goes in slices and takes nothing beside it', (t) => {
  const { catalogue } = openCatalogue(t)
  const { id } = catalogue.addShare('/s', 'folder', 'user')
  const names = Array.from({ length: 20 }, (_, i) => `a/${i % 2 ? 'deep/' : ''}f${i}`)
  const beside = ['a0', 'a!', 'aa/x', 'a.txt', 'b/a/x']
  catalogue.putFiles([...names, ...beside].map((path) => file(id, path)))
  const removed: string[] = []
  let calls = 0
  for (let done = false; !done; calls++) {
    const step = catalogue.removeTree({ shareId: id, relPath: 'a' }, 6)
    assert.ok(step.removed.length <= 6)
    removed.push(...step.removed.map(({ path }) => path))
    done = step.done
  }
  assert.equal(calls, 4)
  assert.deepEqual(removed.sort(), names.map((path) => `s/${path}`).sort())
  assert.deepEqual([...catalogue.filesOfShare(id)].map(({ relPath }) => relPath).sort(), beside.sort())
  assert.equal(catalogue.child(id, 'a'), undefined)
})

test('the revision changes with what can be found and is another one in another database', (t) => {
  const world = openCatalogue(t)
  const { id } = world.catalogue.addShare('/s', 'folder', 'user')
  const first = world.catalogue.revision()
  world.reopen()
  assert.equal(world.catalogue.revision(), first)
  world.catalogue.putFiles([file(id, 'a')])
  const second = world.catalogue.revision()
  assert.notEqual(second, first)
  assert.deepEqual(world.catalogue.removeFiles([{ shareId: id, relPath: 'nothing' }]), [])
  assert.equal(world.catalogue.revision(), second)
  assert.ok(second.length <= 64)
  assert.notEqual(openCatalogue(t).catalogue.revision().split('-')[0], first.split('-')[0])
})

test('many small files are located at once: each at its first place that can be read, in the order asked for', (t) => {
  const { catalogue } = openCatalogue(t)
  const [one, two] = [
    catalogue.addShare('/one', 'folder', 'user'),
    catalogue.addShare('/two', 'folder', 'user'),
  ]
  const single = catalogue.addShare('/three/s.bin', 'file', 'user')
  const [a, copy, b] = [file(one.id, 'd/a', 'a'), file(two.id, 'copy', 'a'), file(two.id, 'b')]
  const big = file(one.id, 'big', 'big', 1_048_577)
  const s = file(single.id, 's.bin', 's')
  catalogue.putFiles([a, copy, b, big, s])
  const wanted = [b, a, big, file(0, 'unknown'), s, a].map(({ sha256 }) => sha256)
  const paths = () => catalogue.placesOf(wanted).map((place) => place?.absPath)
  assert.deepEqual(paths(), ['/two/b', '/one/d/a', undefined, undefined, '/three/s.bin', '/one/d/a'])
  assert.deepEqual(catalogue.placesOf([a.sha256])[0]!.stat, a.stat)
  catalogue.setMissing(one.id, true)
  assert.deepEqual(paths(), ['/two/b', '/two/copy', undefined, undefined, '/three/s.bin', '/two/copy'])
  const known = catalogue.contentAt({ shareId: two.id, relPath: 'b' })!
  catalogue.setDamage(known, { reason: 'changed', blockCount: 1, blocks: [0] })
  assert.equal(paths()[0], undefined)
  assert.deepEqual(catalogue.placesOf([]), [])
})

test('what makes way in the same transaction is not told as added', (t) => {
  const { catalogue } = openCatalogue(t)
  const share = catalogue.addShare('/data', 'folder', 'user')
  const files = [file(share.id, 'x/y'), file(share.id, 'x/z'), file(share.id, 'x'), file(share.id, 'w')]
  const { added } = catalogue.putFiles(files)
  assert.deepEqual(
    added.map(({ path }) => path),
    ['data/x', 'data/w'],
  )
  assert.deepEqual(catalogue.putFiles([file(share.id, 'x/y')]).removed, [{ cid: 'cid-x', path: 'data/x' }])
})
