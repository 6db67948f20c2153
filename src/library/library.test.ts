import assert from 'node:assert/strict'
import { mkdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { test } from 'node:test'
import { buildFolder, manifestNodes } from '../content/folder.ts'
import { readManifest } from '../content/manifest.ts'
import { TestWorld } from './test-world.ts'

async function* asStream<T>(items: Iterable<T>): AsyncGenerator<T> {
  yield* items
}

test('a folder is shared with all that is in it, but for what is hidden, unfinished or a link', async (t) => {
  const world = new TestWorld(t)
  world.write({
    'Music/a/b/deep.mp3': 'deep',
    "Music/Été 数据 (final) 'v2' #1?.bin": 'awkward',
    'Music/empty.txt': '',
    'Music/.hidden': 'x',
    'Music/.git/config': 'x',
    'Music/film.part': 'x',
    'Music/Thumbs.db': 'x',
    'outside/secret': 'x',
  })
  mkdirSync(world.path('Music/nothing'))
  symlinkSync(world.path('outside'), world.path('Music/link'))
  symlinkSync(world.path('outside/secret'), world.path('Music/link.txt'))
  writeFileSync(Buffer.concat([Buffer.from(world.path('Music/bad')), Buffer.of(0xff)]), 'x')
  const reported: string[] = []
  const entries = await world.library.addNow(world.path('Music'), {
    onAdded: (entry) => reported.push(entry.path),
  })
  assert.deepEqual(
    entries.map(({ path }) => path),
    reported,
  )
  assert.equal(reported.at(-1), 'Music')
  const files = ['Music/a/b/deep.mp3', 'Music/empty.txt', "Music/Été 数据 (final) 'v2' #1?.bin"]
  assert.deepEqual(reported.slice(0, -1).sort(), files)
  assert.deepEqual(world.paths, [...files, 'Music', 'Music/a', 'Music/a/b', 'Music/nothing'].sort())
  for (const words of ['été', '数据', 'final', 'fin*']) {
    assert.equal(world.catalogue.search({ words, limit: 5 })[0]?.path, files[2], words)
  }

  // The folder's CID is that of its whole DAG built at once, and its manifest can be served.
  const cidOf = (path: string) => world.told.get(path)!
  const whole = await buildFolder(
    files.map((path) => ({
      path: path.slice('Music/'.length),
      cid: cidOf(path),
      totalBytes: world.catalogue.entry(cidOf(path))!.sizeBytes,
    })),
    ['nothing'],
  )
  assert.equal(cidOf('Music'), whole.cid)
  assert.equal(cidOf('Music/a'), whole.folders.get('a')!.cid)
  const nodes = [...manifestNodes(whole.cid, (cid) => world.catalogue.node(cid))]
  const manifest = await readManifest(whole.cid, asStream(nodes))
  assert.equal(manifest.kind, 'folder')
  assert.deepEqual(
    manifest.kind === 'folder' && manifest.entries.map(({ path }) => `Music/${path}`).sort(),
    [...files, 'Music/nothing'].sort(),
  )
})

test('adding again gives the same without hashing again', async (t) => {
  const world = new TestWorld(t)
  world.write({ 'S/a': 'a', 'S/b/c': 'c' })
  const first = await world.library.addNow(world.path('S'))
  const again = await world.library.addNow(world.path('S'))
  assert.deepEqual(new Set(again), new Set(first))
  const inside = await world.library.addNow(world.path('S/b'))
  assert.deepEqual(
    inside.map(({ path }) => path),
    ['S/b/c', 'S/b'],
  )
  assert.equal(world.hashed.length, 2)
  assert.equal(world.library.shares().length, 1)
})

test('a single file is shared by its name, follows its changes, and comes back after it was away', async (t) => {
  const world = new TestWorld(t)
  world.write({ 'some/where/x.bin': 'one', 'some/where/y.bin': 'not shared' })
  world.library.start()
  const [entry] = await world.library.addNow(world.path('some/where/x.bin'))
  assert.equal(entry!.path, 'x.bin')
  const first = entry!.cid
  world.write({ 'some/where/x.bin': 'two!' })
  await world.until(() => ![undefined, first].includes(world.told.get('x.bin')), 'the new content is shared')
  rmSync(world.path('some/where/x.bin'))
  await world.until(() => !world.told.has('x.bin'), 'the file is withdrawn')
  world.write({ 'some/where/x.bin': 'one' })
  await world.until(() => world.told.get('x.bin') === first, 'the old content is back')
  assert.deepEqual(world.paths, ['x.bin'])
})

test('what must not be shared is refused with a reason', async (t) => {
  const world = new TestWorld(t)
  world.write({ 'data/identity.key': 'secret', 'data/downloads/ok.bin': 'x', 'a.part': 'x' })
  symlinkSync(world.dataDir, world.path('innocent'))
  const cases: [string, string][] = [
    ['data', 'INVALID_ARGUMENT'],
    ['data/identity.key', 'INVALID_ARGUMENT'],
    ['innocent', 'INVALID_ARGUMENT'],
    ['innocent/identity.key', 'INVALID_ARGUMENT'],
    ['.', 'INVALID_ARGUMENT'],
    ['a.part', 'INVALID_ARGUMENT'],
    ['nothing', 'NOT_FOUND'],
  ]
  for (const [path, code] of cases) {
    await assert.rejects(world.library.addShare(world.path(path)), { code }, path)
    await assert.rejects(world.library.addNow(world.path(path)), { code }, path)
  }
  await assert.rejects(world.library.addShare('relative/path'), { code: 'INVALID_ARGUMENT' })
  await assert.rejects(world.library.addShare('/dev/null'), { code: 'INVALID_ARGUMENT' })
  assert.deepEqual(world.library.shares(), [])
  const [entry] = await world.library.addNow(world.path('data/downloads/ok.bin'))
  assert.equal(entry!.path, 'ok.bin')
})

test('what is removed stays out, by path and by CID, until it is added again', async (t) => {
  const world = new TestWorld(t)
  world.write({
    'S/a.txt': 'same',
    'S/b/copy.txt': 'same',
    'S/b/c.txt': 'c',
    'S/d.txt': 'd',
    'other.txt': 'same',
  })
  await world.library.addNow(world.path('S'))
  await world.library.addNow(world.path('other.txt'))
  assert.equal(await world.library.remove(world.path('S/a.txt')), 1)
  const same = world.told.get('S/b/copy.txt')!
  assert.equal(world.catalogue.find(same)!.absPath, world.path('S/b/copy.txt'))
  assert.equal(await world.library.remove(same), 2)
  assert.equal(world.catalogue.find(same), undefined)
  await world.library.rescan()
  await world.library.whenIdle()
  assert.deepEqual(world.paths, ['S', 'S/b', 'S/b/c.txt', 'S/d.txt'])
  assert.equal(world.library.shares().length, 1)
  await assert.rejects(world.library.remove(world.path('S/a.txt')), { code: 'NOT_FOUND' })
  await assert.rejects(world.library.remove(same), { code: 'NOT_FOUND' })
  await assert.rejects(world.library.remove('nonsense'), { code: 'INVALID_CID' })
  assert.equal(await world.library.remove(world.path('S/b')), 2)
  await world.library.addNow(world.path('S/b/copy.txt'))
  await world.library.rescan()
  await world.library.whenIdle()
  assert.deepEqual(world.paths, ['S', 'S/b', 'S/b/c.txt', 'S/b/copy.txt', 'S/d.txt'])
  assert.equal(await world.library.removeShare(world.path('S')), 5)
  assert.deepEqual([world.paths, world.library.shares(), world.catalogue.totals().files], [[], [], 0])
  assert.ok(statSync(world.path('S/d.txt')).isFile())
})

test('the files of a finished folder are shared together, without those whose names are not shared', async (t) => {
  const world = new TestWorld(t)
  const names = Array.from({ length: 600 }, (_, at) => `cd ${at % 3}/${at}.mp3`)
  const all = [...names, 'cd 1/half.part', '.hidden/x']
  world.write(Object.fromEntries(all.map((name) => [`data/downloads/Album/${name}`, name])))
  const folder = world.path('data/downloads/Album')
  const files = []
  for (const name of all) {
    const absPath = world.path('data/downloads/Album', name)
    const { digests, ...facts } = await world.ingestor.ingest(absPath)
    files.push({ absPath, ...facts, layout: { digests } })
  }
  await world.library.addFinishedFolder(folder, files)
  await world.library.whenIdle()
  const folders = ['Album', 'Album/cd 0', 'Album/cd 1', 'Album/cd 2']
  assert.deepEqual(world.paths, [...folders, ...names.map((name) => `Album/${name}`)].sort())
  assert.deepEqual(world.hashed, [])
  assert.deepEqual(
    world.library.shares().map(({ path }) => path),
    [folder],
  )
  await assert.rejects(world.library.addFinishedFolder(world.path('data/downloads/None'), []), {
    code: 'NOT_FOUND',
  })
})

test('a finished folder without files is shared at once, too', async (t) => {
  const world = new TestWorld(t)
  const folder = world.path('data/downloads/Empty')
  mkdirSync(folder, { recursive: true })
  await world.library.addFinishedFolder(folder, [])
  await world.library.whenIdle()
  assert.deepEqual(world.paths, ['Empty'])
})

test('a finished download is shared without being hashed again, a folder of them as one share', async (t) => {
  const world = new TestWorld(t)
  world.write({
    'data/downloads/x.bin': 'x',
    'data/downloads/Album/1.mp3': '1',
    'data/downloads/Album/cd/2.mp3': '2',
  })
  const add = async (path: string, folder?: string) => {
    const absPath = world.path('data/downloads', path)
    const { digests, ...facts } = await world.ingestor.ingest(absPath)
    const top = folder === undefined ? undefined : { absPath: world.path('data/downloads', folder) }
    return world.library.addFinishedDownload(absPath, { ...facts, layout: { digests }, folder: top })
  }
  assert.equal((await add('x.bin')).path, 'x.bin')
  assert.equal((await add('Album/1.mp3', 'Album')).path, 'Album/1.mp3')
  assert.equal((await add('Album/cd/2.mp3', 'Album')).path, 'Album/cd/2.mp3')
  await world.library.whenIdle()
  world.library.start()
  await world.library.rescan()
  await world.library.whenIdle()
  assert.deepEqual(world.paths, ['Album', 'Album/1.mp3', 'Album/cd', 'Album/cd/2.mp3', 'x.bin'])
  assert.deepEqual(world.hashed, [])
  assert.deepEqual(
    world.library.shares().map(({ kind, origin }) => `${origin} ${kind}`),
    ['download folder', 'download file'],
  )
  // Nobody listed a download as a share: it ends with the file.
  rmSync(world.path('data/downloads/x.bin'))
  await world.until(() => !world.told.has('x.bin'), 'the download is withdrawn')
  await world.library.whenIdle()
  assert.equal(world.library.shares().length, 1)
})

test('whoever waits for an addition may leave; the files come all the same', async (t) => {
  const release = Promise.withResolvers<void>()
  const world = new TestWorld(t, {
    around: (ingest) => async (path, options) => {
      await release.promise
      return ingest(path, options)
    },
  })
  world.write({ 'S/a': 'a' })
  world.library.start()
  const leaving = new AbortController()
  const adding = world.library.addNow(world.path('S'), { signal: leaving.signal })
  await assert.rejects(world.library.addNow(world.path('S'), { signal: AbortSignal.abort() }), {
    code: 'CANCELLED',
  })
  leaving.abort()
  await assert.rejects(adding, { code: 'CANCELLED' })
  release.resolve()
  await world.until(() => world.told.has('S/a'), 'the file is shared')
})
