import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { after, test } from 'node:test'
import { BLOCK_SIZE } from '../content/cid.ts'
import type { FinishedFile } from './ports.ts'
import { content, TestWorld } from './testing/world.ts'

const world = new TestWorld()
after(() => world.close())

/** Every download is in a hurry, and none is kept waiting for its digest. */
const options = { hurriedBytesPerSecond: -1, lateDigestBytes: 0 }
const bytes = content(6 * BLOCK_SIZE + 5, 3)

test('a file is done before its own SHA-256 is known, is served all the time, and is shared with it', async () => {
  const peer = await world.peer('peer')
  const { cid } = await peer.share('f', bytes)
  const told = Promise.withResolvers<FinishedFile>()
  const gate = Promise.withResolvers<void>()
  const fetcher = await world.fetcher('hurried', {
    providers: [peer.provider],
    options,
    setup: {
      onFinished: (file) => {
        told.resolve(file)
        return gate.promise
      },
    },
  })
  const view = await fetcher.end((await fetcher.downloads.add({ cid, name: 'f' })).id)
  assert.equal(view.state, 'done', view.error?.message)
  assert.deepEqual(readFileSync(view.path), Buffer.from(bytes))
  assert.ok(fetcher.downloads.partials.get(cid), 'others may still read what came')
  const { sha256, absPath } = await told.promise
  assert.deepEqual([sha256, absPath], [hash('sha256', bytes), view.path])
  gate.resolve()
  while (fetcher.downloads.partials.get(cid)) await new Promise((resolve) => setImmediate(resolve))
})

test('stopped before it was shared: the next start does that', async () => {
  const peer = await world.peer('peer2')
  const { cid } = await peer.share('f', bytes)
  const first = await world.fetcher('stopped', {
    providers: [peer.provider],
    options,
    setup: {
      // The disk's threads end with the manager, and with them the digest.
      onFinished: () => {
        throw new Error('stopped')
      },
    },
  })
  const { id } = await first.downloads.add({ cid, name: 'f' })
  assert.equal((await first.end(id)).state, 'done')
  const stopping = first.stop()
  await stopping
  const told = Promise.withResolvers<FinishedFile>()
  const second = await world.fetcher('stopped', {
    providers: [],
    setup: { onFinished: (file) => told.resolve(file) },
  })
  const { sha256 } = await told.promise
  assert.equal(sha256, hash('sha256', bytes))
  assert.equal(second.downloads.get(id)?.state, 'done')
})

const many = Object.fromEntries(
  Array.from({ length: 300 }, (_, at) => [`d${at % 3}/f${at}`, content(at + 1, at)]),
)

test('a folder of many files is done before they are shared', async () => {
  const peer = await world.peer('peer3')
  const dag = await peer.shareFolder(many)
  const gate = Promise.withResolvers<void>()
  const told = Promise.withResolvers<number>()
  const fetcher = await world.fetcher('many', {
    providers: [peer.provider],
    setup: {
      onFolderFinished: (_, files) => {
        told.resolve(files.length)
        return gate.promise
      },
    },
  })
  const { id } = await fetcher.downloads.add({ cid: dag.cid, name: 'many' })
  const view = await fetcher.end(id)
  assert.equal(view.state, 'done', view.error?.message)
  assert.deepEqual(view.files, { done: 300, total: 300 })
  assert.equal(await told.promise, 300)
  assert.equal(readdirSync(dirname(view.path)).length, 2, 'the part folder stays until they are shared')
  gate.resolve()
  // Forgetting waits for that.
  await fetcher.downloads.remove(id)
  assert.deepEqual(readdirSync(dirname(view.path)), ['many'])
})

test('stopped before the files of a folder were shared: the next start does that', async () => {
  const peer = await world.peer('peer4')
  const dag = await peer.shareFolder(many)
  const hang = Promise.withResolvers<void>()
  const first = await world.fetcher('folder', {
    providers: [peer.provider],
    setup: { onFolderFinished: () => hang.promise },
  })
  const { id } = await first.downloads.add({ cid: dag.cid, name: 'many' })
  world.defer(() => hang.resolve())
  const { path } = await first.end(id)
  const told = Promise.withResolvers<string[]>()
  const second = await world.fetcher('folder', {
    providers: [],
    setup: { onFolderFinished: (_, files) => told.resolve(files.map(({ absPath }) => absPath)) },
  })
  assert.equal(second.downloads.get(id)?.state, 'done')
  const paths = Object.keys(many).map((name) => join(path, name))
  assert.deepEqual((await told.promise).sort(), paths.sort())
})
