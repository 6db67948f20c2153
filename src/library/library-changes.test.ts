import assert from 'node:assert/strict'
import { appendFileSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { test } from 'node:test'
import { TestWorld } from './test-world.ts'

test('the watcher finds what comes, changes and goes, and folders change with it', async (t) => {
  const world = new TestWorld(t)
  world.write({ 'S/old.txt': 'old', 'S/sub/x.txt': 'x' })
  world.library.start()
  await world.library.addNow(world.path('S'))
  const cids = new Map(world.told)
  const isNew = (path: string) => world.told.has(path) && world.told.get(path) !== cids.get(path)

  world.write({ 'S/new.txt': 'new' })
  await world.until(() => world.told.has('S/new.txt') && isNew('S'), 'the new file and its folder are shared')
  assert.equal(world.told.get('S/sub'), cids.get('S/sub'))

  world.write({ 'S/sub/x.txt': 'changed' })
  await world.until(() => isNew('S/sub/x.txt') && isNew('S/sub'), 'the change is shared')
  assert.equal(world.catalogue.find(cids.get('S/sub/x.txt')!), undefined)

  rmSync(world.path('S/old.txt'))
  await world.until(() => !world.told.has('S/old.txt'), 'the file is withdrawn')
  rmSync(world.path('S/sub'), { recursive: true })
  await world.until(
    () => !world.told.has('S/sub') && !world.told.has('S/sub/x.txt'),
    'the folder is withdrawn',
  )
  await world.library.whenIdle()
  assert.deepEqual(world.paths, ['S', 'S/new.txt'])
})

test('a tree that is moved in is shared, and changes deep inside it are seen afterwards', async (t) => {
  const world = new TestWorld(t)
  world.write({ 'S/a': 'a', 'elsewhere/tree/b/c/deep.txt': 'deep' })
  world.library.start()
  await world.library.addNow(world.path('S'))
  renameSync(world.path('elsewhere/tree'), world.path('S/tree'))
  await world.until(() => world.told.has('S/tree/b/c/deep.txt'), 'the tree is shared')
  await world.library.whenIdle()
  world.write({ 'S/tree/b/c/later.txt': 'later' })
  await world.until(() => world.told.has('S/tree/b/c/later.txt'), 'the later file is shared')
  renameSync(world.path('S/tree'), world.path('S/renamed'))
  await world.until(() => world.told.has('S/renamed/b/c/later.txt'), 'the renamed tree is shared')
  await world.library.whenIdle()
  assert.deepEqual(
    world.paths.filter((path) => path.includes('tree')),
    [],
  )
})

test('a file that changes while it is hashed is shared with its last content only', async (t) => {
  const seen: string[] = []
  const world: TestWorld = new TestWorld(t, {
    around: (ingest) => async (path, options) => {
      const result = await ingest(path, options)
      seen.push(result.cid)
      if (seen.length === 1) appendFileSync(path, ' and more')
      return result
    },
  })
  world.write({ 'S/grows.txt': 'beginning' })
  world.library.start()
  await world.library.addShare(world.path('S'))
  await world.until(() => world.told.has('S/grows.txt'), 'the file is shared')
  assert.equal(seen.length, 2)
  assert.equal(world.told.get('S/grows.txt'), seen[1])
  assert.equal(world.catalogue.entry(seen[0]!), undefined)
  await assert.rejects(
    async () => {
      seen.length = 0
      world.write({ 'alone.txt': 'beginning' })
      await world.library.addNow(world.path('alone.txt'))
    },
    { code: 'FILE_CHANGED' },
  )
})

test('a share whose root is away is withdrawn, and comes back without being hashed', async (t) => {
  const world = new TestWorld(t)
  world.write({ 'disk/S/a.txt': 'a', 'disk/S/b/c.txt': 'c' })
  world.library.start()
  await world.library.addNow(world.path('disk/S'))
  const before = new Map(world.told)
  const hashed = world.hashed.length
  renameSync(world.path('disk'), world.path('unplugged'))
  await world.library.rescan()
  await world.library.whenIdle()
  assert.deepEqual(world.paths, [])
  assert.equal(world.catalogue.search({ words: 'a', limit: 1 }).length, 0)
  assert.equal(world.library.shares()[0]!.missing, true)
  await world.restart()
  await world.library.whenIdle()
  assert.equal((await world.library.addShare(world.path('disk/S'), 'config')).missing, true)

  renameSync(world.path('unplugged'), world.path('disk'))
  await world.library.rescan()
  await world.library.whenIdle()
  assert.deepEqual(world.told, before)
  assert.equal(world.hashed.length, hashed)
  world.write({ 'disk/S/d.txt': 'd' })
  await world.until(() => world.told.has('S/d.txt'), 'it is watched again')
})

test('an emptied folder is no disk that is away: its files are withdrawn for good', async (t) => {
  const world = new TestWorld(t)
  world.write({ 'S/a.txt': 'a' })
  await world.library.addNow(world.path('S'))
  await world.library.rescan()
  rmSync(world.path('S'), { recursive: true })
  mkdirSync(world.path('S'))
  await world.library.rescan()
  await world.library.whenIdle()
  assert.deepEqual(world.paths, ['S'])
  assert.equal(world.catalogue.totals().files, 0)
})

test('a restart reads only what changed meanwhile', async (t) => {
  const world = new TestWorld(t)
  world.write({ 'S/same': 'same', 'S/changed': 'one', 'S/gone': 'gone', 'S/d/x': 'x' })
  await world.library.addNow(world.path('S'))
  const first = world.told.get('S/changed')
  world.hashed.length = 0
  await world.restart(() => {
    writeFileSync(world.path('S/changed'), 'two!')
    rmSync(world.path('S/gone'))
    world.write({ 'S/d/new': 'new' })
  })
  await world.until(() => world.told.has('S/d/new') && world.told.get('S/changed') !== first, 'all is shared')
  await world.library.whenIdle()
  assert.deepEqual(world.hashed.sort(), ['S/changed', 'S/d/new'])
  assert.deepEqual(world.paths, ['S', 'S/changed', 'S/d', 'S/d/new', 'S/d/x', 'S/same'])
})

test('a removal that a crash cut short is finished at the next start', async (t) => {
  const world = new TestWorld(t)
  world.write({ 'S/a': 'a' })
  await world.library.addNow(world.path('S'))
  await world.restart(() => {})
  await world.library.whenIdle()
  world.catalogue.exclude(world.library.shares()[0]!.id, [''])
  assert.deepEqual(world.library.shares(), [])
  await world.restart()
  await world.library.whenIdle()
  assert.deepEqual(world.catalogue.shares(), [])
  assert.deepEqual(world.paths, [])
})

test('more files than may wait are all shared in the end', async (t) => {
  const world = new TestWorld(t, {
    maxQueuedFiles: 5,
    hashConcurrency: 2,
    maxPendingEvents: 3,
    maxSettling: 4,
  })
  world.library.start()
  mkdirSync(world.path('S'))
  await world.library.addShare(world.path('S'))
  for (let i = 0; i < 40; i++) world.write({ [`S/${i % 4}/${i}.txt`]: `${i}` })
  await world.until(() => world.paths.filter((path) => path.endsWith('.txt')).length === 40, 'all are shared')
  await world.library.whenIdle()
  assert.equal(world.catalogue.totals().files, 40)
})

test('a catalogue that breaks while in use is filled again from the disk', async (t) => {
  const world = new TestWorld(t)
  world.write({ 'S/a.txt': 'a', 'S/b/c.txt': 'c' })
  world.library.start()
  await world.library.addNow(world.path('S'))
  await world.library.whenIdle()
  await world.restart(() => writeFileSync(world.path('data/catalogue.db'), 'broken '.repeat(3000)))
  await world.until(() => world.catalogue.totals().files === 2, 'the files are found again')
  await world.library.whenIdle()
  assert.equal(world.catalogue.entry(world.told.get('S')!)?.path, 'S')
})

test('progress is told while files are hashed, and that it is over', async (t) => {
  const release = Promise.withResolvers<void>()
  const world = new TestWorld(t, {
    around: (ingest) => async (path, options) => {
      await release.promise
      return ingest(path, options)
    },
  })
  world.write({ 'S/a': 'x'.repeat(1000), 'S/b': 'x'.repeat(234) })
  const adding = world.library.addNow(world.path('S'))
  const { promise: first, resolve } = Promise.withResolvers<unknown>()
  const { promise: over, resolve: end } = Promise.withResolvers<void>()
  world.library.progress.on((progress) => (progress ? resolve(progress) : end()))
  const awake = setInterval(() => {}, 1000)
  assert.deepEqual(await first, { files: 2, bytesDone: 0, bytesTotal: 1234 })
  assert.deepEqual(world.library.hashing, { files: 2, bytesDone: 0, bytesTotal: 1234 })
  release.resolve()
  await adding
  await over
  clearInterval(awake)
  assert.equal(world.library.hashing, undefined)
})
