import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { after, test } from 'node:test'
import { sleep, systemClock } from '../../base/clock.ts'
import { BLOCK_SIZE, cidOfDigest, RAW } from '../../content/cid.ts'
import { sha256 } from '../../content/verify.ts'
import type { FetcherOptions } from '../testing/world.ts'
import { content, countBlocks, TestWorld, twistBlocks } from '../testing/world.ts'
import type { ContentReader, ReadFile } from './reader.ts'

const world = new TestWorld()
after(() => world.close())

const never = new AbortController().signal

async function readerOf(name: string, options: FetcherOptions) {
  const fetcher = await world.fetcher(name, options)
  return { fetcher, reader: fetcher.downloads.reader }
}

async function openFile(reader: ContentReader, cid: string, within: string[] = []): Promise<ReadFile> {
  const opened = await reader.open(cid, within, never)
  assert.ok(opened.kind === 'file')
  return opened.file
}

/** Blocks `first` to `end`, as somebody reads them who says so before. */
async function readBlocks(file: ReadFile, first: number, end: number): Promise<Buffer> {
  const reading = new AbortController()
  const offset = first * BLOCK_SIZE
  const length = Math.min(end * BLOCK_SIZE, file.layout.sizeBytes) - offset
  file.hint({ offset, length }, reading.signal)
  const blocks: Uint8Array[] = []
  for (let index = first; index < end; index++) blocks.push(await file.read(index, reading.signal))
  reading.abort()
  return Buffer.concat(blocks)
}

const slice = (bytes: Uint8Array, first: number, end: number) =>
  Buffer.from(bytes.subarray(first * BLOCK_SIZE, end * BLOCK_SIZE))

async function until(fits: () => boolean): Promise<void> {
  for (let i = 0; !fits(); i++) {
    assert.ok(i < 1000, 'not in time')
    await sleep(systemClock, 10, never)
  }
}

test('a whole file of two peers, ranges of it, and nothing on the disk', async () => {
  const bytes = content(40 * BLOCK_SIZE + 77, 1)
  const peers = [await world.peer('whole1'), await world.peer('whole2')]
  const [first] = await Promise.all(peers.map((peer) => peer.share('f', bytes)))
  const { cid } = first!
  const { reader, fetcher } = await readerOf('whole', { providers: peers.map((peer) => peer.provider) })
  const before = readdirSync(fetcher.folder)
  const file = await openFile(reader, cid)
  assert.equal(file.layout.sizeBytes, bytes.length)
  assert.ok((await readBlocks(file, 0, 41)).equals(bytes))
  assert.deepEqual(await readBlocks(file, 17, 20), slice(bytes, 17, 20))
  assert.deepEqual(await readBlocks(file, 39, 41), slice(bytes, 39, 41))
  assert.deepEqual(fetcher.downloads.list(), [])
  assert.deepEqual(readdirSync(fetcher.folder), before)
  assert.ok(reader.getDebugState().cacheBytes! <= 16 * BLOCK_SIZE)
})

test('files of one block, of none, and folders, through which their files are found', async () => {
  const peer = await world.peer('small')
  const inner = content(3 * BLOCK_SIZE, 5)
  const dag = await peer.shareFolder({ 'a/big': inner, 'b.txt': Buffer.from('hello') })
  const asked: string[] = []
  const { reader } = await readerOf('small-to', {
    providers: [],
    setup: {
      // Only the folder is announced.
      providers: async function* (cid) {
        asked.push(cid)
        if (cid === dag.cid) yield peer.provider
      },
    },
  })
  const opened = await reader.open(dag.cid, [], never)
  assert.ok(opened.kind === 'folder')
  assert.deepEqual([...opened.nodes.keys()].sort(), [...dag.nodes.keys()].sort())
  const hello = cidOfDigest(RAW, sha256(Buffer.from('hello')))
  const small = await openFile(reader, hello, [dag.cid])
  assert.equal(Buffer.from(await small.read(0, never)).toString(), 'hello')
  const { cid } = await peer.share('a/big', inner)
  assert.ok((await readBlocks(await openFile(reader, cid, [dag.cid]), 0, 3)).equals(inner))
  assert.ok(asked.includes(cid))
  const empty = await openFile(reader, cidOfDigest(RAW, sha256(new Uint8Array())))
  assert.deepEqual([empty.layout.sizeBytes, (await empty.read(0, never)).length], [0, 0])
})

test('two readers of one file share its sources, and blocks are fetched once', async () => {
  const sent: number[] = []
  const bytes = content(12 * BLOCK_SIZE, 2)
  const peer = await world.peer('shared', { twist: countBlocks(sent) })
  const { cid } = await peer.share('f', bytes)
  const { reader } = await readerOf('shared-to', { providers: [peer.provider] })
  const [a, b] = await Promise.all([openFile(reader, cid), openFile(reader, cid)])
  const [all, end] = await Promise.all([readBlocks(a, 0, 12), readBlocks(b, 6, 12)])
  assert.ok(all.equals(bytes))
  assert.deepEqual(end, slice(bytes, 6, 12))
  assert.equal(reader.getDebugState().sessions, 1)
  assert.deepEqual(
    sent.toSorted((x, y) => x - y),
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11],
  )
})

test('a source that dies and one that flips a bit are replaced', async () => {
  const bytes = content(30 * BLOCK_SIZE, 3)
  const dying = await world.peer('dying')
  const lying = await world.peer('lying', {
    twist: twistBlocks(function* (message) {
      const { response } = message
      if (response?.case === 'block' && response.value.data?.length) {
        const data = Uint8Array.from(response.value.data)
        data[0]! ^= 1
        return yield { response: { case: 'block', value: { ...response.value, data } } }
      }
      yield message
    }),
  })
  const honest = await world.peer('honest')
  const [first] = await Promise.all([dying, lying, honest].map((peer) => peer.share('f', bytes)))
  const { cid } = first!
  const { reader } = await readerOf('replaced', {
    providers: [dying.provider, lying.provider, honest.provider],
  })
  const file = await openFile(reader, cid)
  assert.deepEqual(await readBlocks(file, 0, 5), slice(bytes, 0, 5))
  await dying.stop()
  assert.deepEqual(await readBlocks(file, 5, 30), slice(bytes, 5, 30))
})

test('when nobody has it any more, who waits is told; when nobody ever had, soon', async (t) => {
  const options = { notFoundAfterMs: 100, resolveTimeoutMs: 600, lookupHurryMs: 20 }
  const peer = await world.peer('gone')
  const { cid } = await peer.share('f', content(40 * BLOCK_SIZE, 4))
  const { reader } = await readerOf('gone-to', { providers: [peer.provider], options })
  const file = await openFile(reader, cid)
  await readBlocks(file, 0, 1)
  await peer.stop()
  await assert.rejects(readBlocks(file, 39, 40), { code: 'NO_PROVIDERS' })
  assert.equal(reader.getDebugState().sessions, 0)
  const { reader: lonely } = await readerOf('lonely', { providers: [] })
  const beganMs = performance.now()
  await assert.rejects(lonely.open(cid, [], never), { code: 'NO_PROVIDERS' })
  const block = cidOfDigest(RAW, sha256(content(9)))
  await assert.rejects(lonely.open(block, [], never), { code: 'NO_PROVIDERS' })
  t.diagnostic(`told twice within ${Math.round(performance.now() - beganMs)} ms`)
})

test('a reader that leaves takes back what only it wanted', async () => {
  const sent: number[] = []
  const gate = Promise.withResolvers<void>()
  const bytes = content(60 * BLOCK_SIZE, 6)
  const peer = await world.peer('left', {
    twist: (service) =>
      countBlocks(sent)(
        twistBlocks(async function* (message) {
          if (message.response?.case === 'block' && message.response.value.index === 20) await gate.promise
          yield message
        })(service),
      ),
  })
  const { cid } = await peer.share('f', bytes)
  const { reader } = await readerOf('left-to', { providers: [peer.provider] })
  const file = await openFile(reader, cid)
  const leaving = new AbortController()
  file.hint({ offset: 20 * BLOCK_SIZE, length: 40 * BLOCK_SIZE }, leaving.signal)
  const waiting = file.read(20, leaving.signal)
  await sleep(systemClock, 200, never)
  leaving.abort(new Error('left'))
  await assert.rejects(waiting, { message: 'left' })
  gate.resolve()
  assert.deepEqual(await readBlocks(file, 0, 2), slice(bytes, 0, 2))
  await sleep(systemClock, 200, never)
  assert.ok(!sent.includes(40), `blocks ${sent.join()} were sent`)
  assert.ok(sent.filter((index) => index > 20).length < 16, `blocks ${sent.join()} were sent`)
})

for (const sequential of [true, false]) {
  const order = sequential ? 'sequential' : 'rarest-first'
  test(`reading along with a running ${order} download: what is waited for comes first`, async () => {
    const sent: number[] = []
    const bytes = content(80 * BLOCK_SIZE, 7)
    const peer = await world.peer(`along-${order}`, {
      twist: (service) =>
        countBlocks(sent)(
          twistBlocks(async function* (message) {
            if (message.response?.case === 'block' && !message.response.value.offset)
              await sleep(systemClock, 10, never)
            yield message
          })(service),
        ),
    })
    const { cid } = await peer.share('f', bytes)
    const { reader, fetcher } = await readerOf(`along-${order}-to`, { providers: [peer.provider] })
    const { id } = await fetcher.downloads.add({ cid, name: 'f', sequential })
    await fetcher.until(id, (view) => view.doneBytes > 2 * BLOCK_SIZE)
    const file = await openFile(reader, cid)
    assert.deepEqual(await readBlocks(file, 70, 74), slice(bytes, 70, 74))
    const { state, doneBytes } = fetcher.downloads.get(id)!
    assert.equal(state, 'running')
    assert.ok(doneBytes < 60 * BLOCK_SIZE, `${doneBytes} bytes came before`)
    assert.equal(reader.getDebugState().sessions, 0)
    // To its end, while the download ends, and after.
    assert.ok((await readBlocks(file, 0, 80)).equals(bytes))
    assert.equal((await fetcher.end(id)).state, 'done')
    // On a loaded machine a source may count as stalled, and a block come twice.
    assert.equal(new Set(sent).size, 80)
    assert.ok(sent.length < 100, `${sent.length} blocks were sent`)
    assert.deepEqual(await file.read(3, never), await file.read(3, never))
  })
}

test('a download that is paused while somebody reads along: the rest comes without it', async () => {
  const bytes = content(30 * BLOCK_SIZE, 8)
  const peer = await world.peer('paused', {
    twist: twistBlocks(async function* (message) {
      if (message.response?.case === 'block' && !message.response.value.offset)
        await sleep(systemClock, 20, never)
      yield message
    }),
  })
  const { cid } = await peer.share('f', bytes)
  const { reader, fetcher } = await readerOf('paused-to', { providers: [peer.provider] })
  const { id } = await fetcher.downloads.add({ cid, name: 'f' })
  await fetcher.until(id, (view) => view.doneBytes > 0)
  const reading = readBlocks(await openFile(reader, cid), 0, 30)
  await sleep(systemClock, 60, never)
  await fetcher.downloads.pause(id)
  assert.ok((await reading).equals(bytes))
  assert.equal(fetcher.downloads.get(id)?.state, 'paused')
})

test('sources are let go some time after the last reader', async () => {
  const peer = await world.peer('idle')
  const { cid } = await peer.share('f', content(2 * BLOCK_SIZE, 9))
  const setup = { reading: { idleMs: 100 } }
  const { reader } = await readerOf('idle-to', { providers: [peer.provider], setup })
  const file = await openFile(reader, cid)
  await readBlocks(file, 0, 2)
  assert.equal(reader.getDebugState().sessions, 1)
  await until(() => reader.getDebugState().sessions === 0)
  assert.equal(reader.getDebugState().cacheBytes, 0)
  assert.equal((await readBlocks(file, 1, 2)).length, BLOCK_SIZE, 'and found again')
})

test('so many files at once: the one that nobody reads makes room, otherwise BUSY', async () => {
  const peer = await world.peer('many')
  const files = await Promise.all([1, 2, 3].map((n) => peer.share(`f${n}`, content(3 * BLOCK_SIZE, n))))
  for (const reading of [{ maxSessions: 2 }, { maxSessionBlocks: 6 }]) {
    const { reader } = await readerOf(`many-${Object.keys(reading)[0]}`, {
      providers: [peer.provider],
      setup: { reading },
    })
    const opened = []
    for (const { cid } of files) opened.push(await openFile(reader, cid))
    assert.equal(reader.getDebugState().sessions, 2)
    const busy = new AbortController()
    for (const file of opened.slice(0, 2)) {
      file.hint({ offset: 0, length: 3 * BLOCK_SIZE }, busy.signal)
      await file.read(0, busy.signal)
    }
    await assert.rejects(opened[2]!.read(0, never), { code: 'BUSY' })
    busy.abort()
    assert.equal((await opened[2]!.read(0, never)).length, BLOCK_SIZE)
  }
})

test('who is left waiting when the node stops is told', async () => {
  const hung = new Promise<void>(() => {})
  const peer = await world.peer('hung', {
    twist: twistBlocks(async function* (message) {
      if (message.response?.case === 'block') await hung
      yield message
    }),
  })
  const { cid } = await peer.share('f', content(3 * BLOCK_SIZE, 11))
  const { reader } = await readerOf('hung-to', { providers: [peer.provider] })
  const file = await openFile(reader, cid)
  const waiting = assert.rejects(file.read(0, never), { code: 'CANCELLED' })
  await sleep(systemClock, 100, never)
  await reader.close()
  await waiting
  assert.deepEqual(reader.getDebugState(), { sessions: 0, opening: 0, cacheBytes: 0 })
})
