import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { linkSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { BLOCK_SIZE } from '../content/cid.ts'
import {
  content,
  countBlocks,
  type TestFetcher,
  type TestPeer,
  TestWorld,
  twistBlocks,
} from './testing/world.ts'

const world = new TestWorld()
after(() => world.close())

const bytes = content(5 * BLOCK_SIZE + 1, 1)
const sent: number[] = []
let peer: TestPeer
let cid: string

before(async () => {
  peer = await world.peer('peer', { twist: countBlocks(sent) })
  cid = (await peer.share('f', bytes)).cid
})

/** A node that does everything up to the moment before it would say that a download is done, and is then stopped for good. */
async function stopBeforeDone(name: string, wanted: string): Promise<{ id: string; first: TestFetcher }> {
  const placed = Promise.withResolvers<void>()
  const hang = Promise.withResolvers<void>()
  const first = await world.fetcher(name, {
    providers: [peer.provider],
    setup: {
      onFinished: () => {
        placed.resolve()
        return hang.promise
      },
    },
  })
  world.defer(() => hang.resolve())
  const { id } = await first.downloads.add({ cid: wanted, name: 'f' })
  await placed.promise
  sent.length = 0
  return { id, first }
}

test('stopped between the final name and the note of it: the file is found, not fetched again', async () => {
  const { id, first } = await stopBeforeDone('after', cid)
  const second = await world.fetcher('after', { providers: [peer.provider] })
  const view = await second.end(id)
  assert.equal(view.state, 'done', view.error?.message)
  assert.equal(view.path, join(first.folder, 'downloads', 'f'))
  assert.deepEqual(readdirSync(join(first.folder, 'downloads')), ['f'])
  assert.deepEqual(sent, [])
  assert.equal(second.finished.length, 1)
})

test('stopped between the two steps of the move: the file has one name in the end', async () => {
  const { id, first } = await stopBeforeDone('between', cid)
  const path = join(first.folder, 'downloads', 'f')
  linkSync(path, `${path}.part`)
  const second = await world.fetcher('between', { providers: [peer.provider] })
  assert.equal((await second.end(id)).path, path)
  assert.deepEqual(readdirSync(join(first.folder, 'downloads')), ['f'])
  assert.deepEqual(sent, [])
})

test('stopped there, and somebody put another file in its place: that one stays', async () => {
  const { id, first } = await stopBeforeDone('replaced', cid)
  const path = join(first.folder, 'downloads', 'f')
  rmSync(path)
  writeFileSync(path, 'theirs')
  const second = await world.fetcher('replaced', { providers: [peer.provider] })
  const view = await second.end(id)
  assert.equal(view.path, join(first.folder, 'downloads', 'f (1)'))
  assert.equal(readFileSync(path, 'utf8'), 'theirs')
  assert.deepEqual(readFileSync(view.path), Buffer.from(bytes))
})

test('stopped when a folder had its final name: found as it is', async () => {
  const dag = await peer.shareFolder({ 'a/b': bytes, c: content(3, 3) })
  const { id, first } = await stopBeforeDone('folder', dag.cid)
  const path = join(first.folder, 'downloads', 'f')
  const second = await world.fetcher('folder', { providers: [peer.provider] })
  // The rest of the part folder went with the move; what is left to do is to say so.
  const view = await second.end(id)
  assert.equal(view.state, 'done', view.error?.message)
  assert.deepEqual(readFileSync(join(path, 'a/b')), Buffer.from(bytes))
  assert.deepEqual(sent, [])
})

/** Has all but the last blocks of the file and is stopped; gives the part file. */
async function stopInTheMiddle(name: string): Promise<{ id: string; part: string }> {
  const halting = await world.peer(`${name} peer`, {
    twist: twistBlocks(function* (message) {
      if (message.response?.case !== 'block' || (message.response.value.index ?? 0) < 4) yield message
    }),
  })
  await halting.share('f', bytes)
  const first = await world.fetcher(name, { providers: [halting.provider] })
  const { id, path } = await first.downloads.add({ cid, name: 'f' })
  await first.until(id, (view) => view.doneBytes === 4 * BLOCK_SIZE)
  await first.stop()
  sent.length = 0
  return { id, part: `${path}.part` }
}

test('what was spoilt on the disk since is noticed and fetched again, and only that', async () => {
  const { id, part } = await stopInTheMiddle('spoilt')
  const file = await open(part, 'r+')
  await file.write(Uint8Array.of(bytes[2 * BLOCK_SIZE]! ^ 1), 0, 1, 2 * BLOCK_SIZE)
  await file.close()
  const second = await world.fetcher('spoilt', { providers: [peer.provider] })
  const view = await second.end(id)
  assert.equal(view.state, 'done', view.error?.message)
  assert.deepEqual(readFileSync(view.path), Buffer.from(bytes))
  assert.deepEqual(
    sent.sort((a, b) => a - b),
    [2, 4, 5],
  )
  assert.equal(second.finished[0]?.sha256, hash('sha256', bytes))
})

test('without room on the disk nothing is begun', async () => {
  const fetcher = await world.fetcher('full', {
    providers: [peer.provider],
    options: { reserveDiskBytes: Number.MAX_SAFE_INTEGER },
  })
  const view = await fetcher.end((await fetcher.downloads.add({ cid })).id)
  assert.equal(view.error?.code, 'NO_SPACE')
  assert.deepEqual(readdirSync(join(fetcher.folder, 'downloads')), [])
})

test('a part file that is gone or is not what it was is begun anew', async () => {
  for (const harm of [(path: string) => rmSync(path), (path: string) => truncateSync(path, 7)]) {
    const name = `harm ${harm.toString().length}`
    const { id, part } = await stopInTheMiddle(name)
    harm(part)
    const second = await world.fetcher(name, { providers: [peer.provider] })
    const view = await second.end(id)
    assert.equal(view.state, 'done', view.error?.message)
    assert.deepEqual(readFileSync(view.path), Buffer.from(bytes))
    assert.deepEqual(readdirSync(join(second.folder, 'downloads')), ['f'])
  }
})
