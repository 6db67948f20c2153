import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { after, test } from 'node:test'
import { BLOCK_SIZE } from '../content/cid.ts'
import { buildFolder } from '../content/folder.ts'
import type { FinishedFolder } from './ports.ts'
import { content, countBlocks, plainIngestor, TestWorld, twistBlocks } from './testing/world.ts'

const world = new TestWorld()
after(() => world.close())

const files: Record<string, Uint8Array> = {
  'big.bin': content(5 * BLOCK_SIZE + 3, 1),
  'one block': content(BLOCK_SIZE, 2),
  'sub/empty': new Uint8Array(),
  'sub/deeper/été 数据?.txt': content(10, 3),
  'sub/deeper/twin': content(10, 3),
  'x.part': content(20, 4),
  x: content(2 * BLOCK_SIZE, 5),
}

test('a folder comes whole, with its empty files and folders', async () => {
  const [left, right] = [await world.peer('left'), await world.peer('right')]
  const dag = await left.shareFolder(files, ['nothing/in/here'])
  await right.shareFolder(files, ['nothing/in/here'])
  const folders: FinishedFolder[] = []
  const fetcher = await world.fetcher('whole', {
    providers: [left.provider, right.provider],
    setup: { onFolderFinished: (folder) => void folders.push(folder) },
  })
  mkdirSync(join(fetcher.folder, 'downloads', 'stuff'), { recursive: true })
  const { id } = await fetcher.downloads.add({ cid: dag.cid, name: 'stuff' })
  const view = await fetcher.end(id)
  assert.equal(view.state, 'done', view.error?.message)
  assert.equal(view.kind, 'folder')
  assert.equal(view.path, join(fetcher.folder, 'downloads', 'stuff (1)'), 'the folder that was there stays')
  for (const [path, bytes] of Object.entries(files)) {
    assert.deepEqual(readFileSync(join(view.path, path)), Buffer.from(bytes), path)
  }
  assert.ok(statSync(join(view.path, 'nothing/in/here')).isDirectory())
  assert.deepEqual(readdirSync(view.path).sort(), ['big.bin', 'nothing', 'one block', 'sub', 'x', 'x.part'])
  assert.deepEqual(readdirSync(join(fetcher.folder, 'downloads')).sort(), ['stuff', 'stuff (1)'])
  const size = Object.values(files).reduce((sum, bytes) => sum + bytes.length, 0)
  assert.deepEqual([view.sizeBytes, view.doneBytes], [size, size])
  assert.deepEqual(view.files, { done: 7, total: 7 })
  assert.deepEqual(folders, [{ absPath: view.path, cid: dag.cid }])
  const told = fetcher.finished.map((file) => file.absPath).sort()
  const safePaths = Object.keys(files).map((path) => join(view.path, path))
  assert.deepEqual(told, safePaths.sort())
  for (const { absPath, stat, folder } of fetcher.finished) {
    const { size: bytes, mtimeMs, ino } = statSync(absPath)
    assert.deepEqual(stat, { size: bytes, mtimeMs, ino })
    assert.equal(folder?.cid, dag.cid)
  }
})

// Only here a system that keeps all these apart is sure to be found.
const skip = process.platform !== 'linux'
test('a fetched folder has its CID again, whatever its names', { skip }, async () => {
  const names = [
    'a',
    'A',
    'é',
    'e\u0301',
    'q?*:|<>"',
    ' in front',
    'behind. ',
    'zero\u200bwidth',
    'n'.repeat(255),
  ]
  const peer = await world.peer('faithful')
  const dag = await peer.shareFolder(
    Object.fromEntries(names.map((name, i) => [`sub ${name.slice(0, 200)}/${name}`, content(10, i)])),
  )
  const fetcher = await world.fetcher('faithful-to', { providers: [peer.provider] })
  const name = `${'f'.repeat(255)}`
  const view = await fetcher.end((await fetcher.downloads.add({ cid: dag.cid, name })).id)
  assert.equal(view.state, 'done', view.error?.message)
  assert.equal(view.path, join(fetcher.folder, 'downloads', name))
  const found = readdirSync(view.path, { recursive: true, withFileTypes: true }).filter((each) =>
    each.isFile(),
  )
  const entries = found.map(async (each) => {
    const absPath = join(each.parentPath, each.name)
    const { cid, totalBytes } = await plainIngestor.ingest(absPath, {})
    return { path: relative(view.path, absPath), cid, totalBytes }
  })
  assert.equal((await buildFolder(await Promise.all(entries), [])).cid, dag.cid)
})

test('a folder goes on where it was: with another manager, without its providers knowing the manifest, nothing twice', async () => {
  const sent: number[] = []
  const gate = Promise.withResolvers<void>()
  let manifests = 0
  const peer = await world.peer('stopping', {
    twist: (service) => {
      const counted = countBlocks(sent)(
        twistBlocks(async function* (message) {
          // The four small ones, then three blocks of the two that have several.
          const isNext = message.response?.case === 'block' && !message.response.value.offset
          if (isNext && sent.length >= 7) await gate.promise
          yield message
        })(service),
      )
      return {
        ...counted,
        getManifest: async function* (request, context) {
          manifests++
          yield* service.getManifest(request, context)
        },
      }
    },
  })
  const dag = await peer.shareFolder(files)
  const first = await world.fetcher('again', {
    providers: [peer.provider],
    options: { maxWindowBytes: 1, initialWindowBytes: 1, minWindowBytes: 1 },
  })
  const { id } = await first.downloads.add({ cid: dag.cid, name: 'stuff' })
  await first.until(id, (view) => (view.files?.done ?? 0) >= 5 && view.doneBytes > 3 * BLOCK_SIZE)
  await first.stop()
  gate.resolve()
  const before = sent.length
  assert.ok(existsSync(join(first.folder, 'downloads', 'stuff.part', 'files', 'x.part')))
  assert.ok(!existsSync(join(first.folder, 'downloads', 'stuff')))
  manifests = 0
  const second = await world.fetcher('again', { providers: [peer.provider] })
  const view = await second.end(id)
  assert.equal(view.state, 'done', view.error?.message)
  for (const [path, bytes] of Object.entries(files)) {
    assert.deepEqual(readFileSync(join(view.path, path)), Buffer.from(bytes), path)
  }
  assert.equal(manifests, 0, 'the manifests were kept')
  const blocks = Object.values(files).reduce((sum, bytes) => sum + Math.ceil(bytes.length / BLOCK_SIZE), 0)
  assert.ok(before > 0)
  // One block of each of the two files that were running may have been sent and not written when the first manager stopped, and one asked for since.
  assert.ok(sent.length <= blocks + 3, `${sent.length} blocks were sent of ${blocks}`)
  assert.equal(second.finished.length, Object.keys(files).length)
})

test('a cancelled folder leaves nothing but what others put there', async () => {
  // One block never comes.
  const peer = await world.peer('never', {
    twist: twistBlocks(function* (message) {
      if (message.response?.case !== 'block' || message.response.value.index !== 4) yield message
    }),
  })
  const dag = await peer.shareFolder(files)
  const fetcher = await world.fetcher('cancelled', { providers: [peer.provider] })
  for (const guest of [false, true]) {
    const { id } = await fetcher.downloads.add({ cid: dag.cid, name: 'stuff' })
    await fetcher.until(id, (view) => (view.files?.done ?? 0) >= 3)
    const part = join(fetcher.folder, 'downloads', 'stuff.part')
    if (guest) writeFileSync(join(part, 'mine.txt'), 'mine')
    await fetcher.downloads.cancel(id)
    assert.deepEqual(existsSync(part) ? readdirSync(part) : [], guest ? ['mine.txt'] : [])
  }
})
