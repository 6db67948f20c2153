import assert from 'node:assert/strict'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { BLOCK_SIZE } from '../../content/cid.ts'
import { content, countBlocks, type TestPeer, TestWorld, twistBlocks } from '../testing/world.ts'

const world = new TestWorld()
after(() => world.close())

/** 600 files of all sizes up to a block, and two that are one. */
const files: Record<string, Uint8Array> = {}
for (let at = 0; at < 600; at++) files[`d${at % 7}/f${at}`] = content((at * at) % 9000, at)
files['d0/block'] = content(BLOCK_SIZE, 1)
files['d0/twin'] = files['d0/f7']!
files.big = content(BLOCK_SIZE + 1, 2)

function same(path: string): void {
  for (const [name, bytes] of Object.entries(files))
    assert.deepEqual(readFileSync(join(path, name)), Buffer.from(bytes), name)
}

async function fetch(name: string, peers: readonly TestPeer[], cid: string) {
  const fetcher = await world.fetcher(name, { providers: peers.map(({ provider }) => provider) })
  const { id } = await fetcher.downloads.add({ cid, name: 'stuff' })
  return { fetcher, view: await fetcher.end(id) }
}

test('many small files come from several peers, over either framing', async () => {
  const peers = [await world.peer('one'), await world.peer('two', { grpcOnly: true })]
  const [dag] = await Promise.all(peers.map((peer) => peer.shareFolder(files)))
  const { fetcher, view } = await fetch('many', peers, dag!.cid)
  assert.equal(view.state, 'done', view.error?.message)
  same(view.path)
  // Which waits until all are shared.
  await fetcher.downloads.remove(view.id)
  assert.equal(fetcher.finished.length, Object.keys(files).length)
  const bytes = Object.values(view.sources).reduce((sum, each) => sum + each, 0)
  assert.equal(bytes, view.sizeBytes)
})

test('who sends wrong bytes is banned, and the files come from another', async () => {
  const liar = await world.peer('liar', {
    twist: twistBlocks(async function* (message) {
      if (message.response?.case === 'block' && message.response.value.data)
        message.response.value.data = message.response.value.data.map((byte) => byte ^ 1)
      yield message
    }),
  })
  const honest = await world.peer('honest')
  const dag = await liar.shareFolder(files)
  await honest.shareFolder(files)
  const { view } = await fetch('lied to', [liar, honest], dag.cid)
  assert.equal(view.state, 'done', view.error?.message)
  same(view.path)
  assert.deepEqual(Object.keys(view.sources), [honest.provider.peerId])
})

test('a peer that does not give many files in one answer is asked for each', async () => {
  let groups = 0
  const peer = await world.peer('older', {
    twist: twistBlocks(function* (message) {
      if (message.response?.case === 'opened') message.response.value.takesFiles = false
      if (message.response?.case === 'group') groups++
      yield message
    }),
  })
  const dag = await peer.shareFolder(files)
  const { view } = await fetch('from older', [peer], dag.cid)
  assert.equal(view.state, 'done', view.error?.message)
  same(view.path)
  assert.equal(groups, 0)
})

test('what one peer does not have comes from another', async () => {
  const [half, whole] = [await world.peer('half'), await world.peer('whole')]
  const dag = await whole.shareFolder(files)
  await half.shareFolder(files)
  const path = Object.keys(files).filter((_, at) => at % 3 === 0)
  for (const name of path) rmSync(join(half.folder, 'shared', name))
  const { view } = await fetch('from both', [half, whole], dag.cid)
  assert.equal(view.state, 'done', view.error?.message)
  same(view.path)
  assert.deepEqual(view.dropped, [])
})

test('an earlier run is taken up: what is right is not fetched again, what is not is', async () => {
  const sent: number[] = []
  const gate = Promise.withResolvers<void>()
  const peer = await world.peer('slow', {
    twist: (service) =>
      countBlocks(sent)(
        twistBlocks(async function* (message) {
          if (sent.length > 300) await gate.promise
          yield message
        })(service),
      ),
  })
  const dag = await peer.shareFolder(files)
  const first = await world.fetcher('again', { providers: [peer.provider] })
  const { id } = await first.downloads.add({ cid: dag.cid, name: 'stuff' })
  await first.until(id, (view) => (view.files?.done ?? 0) >= 200)
  await first.stop()
  gate.resolve()
  const here = first.downloads.list()[0]!.files!.done
  const before = sent.length
  const spoilt = join(first.folder, 'downloads/stuff.part/files/d1/f1')
  writeFileSync(spoilt, 'x')
  const second = await world.fetcher('again', { providers: [peer.provider] })
  assert.ok(second.downloads.list()[0]!.doneBytes > 0, 'how much is there is known before it goes on')
  const view = await second.end(id)
  assert.equal(view.state, 'done', view.error?.message)
  same(view.path)
  // Besides: the spoilt one, a second block of the big one, and what was on its way when the first manager stopped.
  const missing = Object.keys(files).length - here + 3
  assert.ok(sent.length - before <= missing, `${sent.length - before} were sent, ${missing} were missing`)
})
