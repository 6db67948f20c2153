import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { silentLogger } from '../base/log.ts'
import { BLOCK_SIZE } from '../content/cid.ts'
import { Ingestor } from '../content/ingest.ts'
import { content, TestWorld, twistBlocks } from './testing/world.ts'

const world = new TestWorld()
after(() => world.close())

/** Two blocks in flight at each source: every source has to do its part, however fast the first one is. */
const narrow = { initialWindowBytes: 2 * BLOCK_SIZE, maxWindowBytes: 2 * BLOCK_SIZE }

test('a file comes from three sources at once, whole and right', async () => {
  const bytes = content(24 * BLOCK_SIZE + 7)
  const peers = [await world.peer('a'), await world.peer('b'), await world.peer('c')]
  const [shared] = await Promise.all(peers.map((peer) => peer.share('big.bin', bytes)))
  const ingestor = new Ingestor({ threads: 2, log: silentLogger })
  world.defer(() => ingestor.close())
  const fetcher = await world.fetcher('three', {
    providers: peers.map((peer) => peer.provider),
    options: narrow,
    setup: { ingestor },
  })
  const { id } = await fetcher.downloads.add({ cid: shared!.cid, name: 'big.bin' })
  const view = await fetcher.end(id)
  assert.equal(view.state, 'done', view.error?.message)
  assert.equal(view.path, join(fetcher.folder, 'downloads', 'big.bin'))
  assert.deepEqual(readFileSync(view.path), Buffer.from(bytes))
  const sum = Object.values(view.sources).reduce((a, b) => a + b, 0)
  assert.equal(sum, bytes.length)
  assert.equal(Object.keys(view.sources).length, 3)
  assert.deepEqual(view.dropped, [])
  assert.deepEqual(readdirSync(join(fetcher.folder, 'downloads')), ['big.bin'])
  assert.equal(fetcher.finished[0]?.sha256, hash('sha256', bytes))
})

test('files of every size around a block', async () => {
  const peer = await world.peer('sizes')
  const fetcher = await world.fetcher('sizes-to', { providers: [peer.provider] })
  // Nothing, the least, one block less, exactly one and one more; and some blocks with a short one at the end.
  for (const size of [0, 1, BLOCK_SIZE - 1, BLOCK_SIZE, BLOCK_SIZE + 1, 3 * BLOCK_SIZE + 7]) {
    const bytes = content(size, size + 3)
    const { cid } = await peer.share(`${size}`, bytes)
    const view = await fetcher.end((await fetcher.downloads.add({ cid, name: `${size}` })).id)
    assert.equal(view.state, 'done', `${size}: ${view.error?.message}`)
    assert.equal(view.sizeBytes, size)
    assert.equal(view.doneBytes, size)
    assert.deepEqual(readFileSync(view.path), Buffer.from(bytes), `${size}`)
  }
})

test('a source that dies in the middle is replaced by the others', async () => {
  const bytes = content(16 * BLOCK_SIZE, 5)
  const doomed = await world.peer('doomed', {
    twist: twistBlocks(async function* (message, { signal }) {
      // Sends five blocks and then nothing more until it is killed.
      if (message.response?.case === 'block' && sent++ > 5) {
        killable.resolve()
        await new Promise((_, reject) => signal.addEventListener('abort', reject))
      }
      yield message
    }),
  })
  let sent = 0
  const killable = Promise.withResolvers<void>()
  const other = await world.peer('other')
  const { cid } = await doomed.share('f', bytes)
  await other.share('f', bytes)
  let providers = [doomed.provider]
  const fetcher = await world.fetcher('doomed-to', { providers: () => providers, options: narrow })
  const { id } = await fetcher.downloads.add({ cid })
  await killable.promise
  providers = [other.provider]
  await doomed.stop()
  const view = await fetcher.end(id)
  assert.equal(view.state, 'done', view.error?.message)
  assert.deepEqual(readFileSync(view.path), Buffer.from(bytes))
  assert.ok(view.sources[other.provider.peerId]! > 0)
})

test('a source that flips one bit is named and dropped, the honest one is not', async () => {
  const bytes = content(12 * BLOCK_SIZE, 6)
  const liar = await world.peer('liar', {
    twist: twistBlocks(function* (message) {
      const { response } = message
      if (response?.case !== 'block' || response.value.index !== 3) return yield message
      const data = Uint8Array.from(response.value.data!)
      data[17]! ^= 1
      yield { response: { case: 'block', value: { ...response.value, data } } }
    }),
  })
  const honest = await world.peer('honest')
  const { cid } = await liar.share('f', bytes)
  await honest.share('f', bytes)
  let providers = [liar.provider]
  const fetcher = await world.fetcher('liar-to', { providers: () => providers })
  const { id } = await fetcher.downloads.add({ cid })
  // Alone at first, so that the wrong block is surely asked of the liar.
  await fetcher.until(id, (view) => view.dropped.length > 0)
  providers = [liar.provider, honest.provider]
  const view = await fetcher.end(id)
  assert.equal(view.state, 'done', view.error?.message)
  assert.deepEqual(readFileSync(view.path), Buffer.from(bytes))
  assert.deepEqual(view.dropped, [{ peerId: liar.provider.peerId, reason: 'wrong bytes in block 3' }])
})

test('a source that stalls loses its blocks to another one', async () => {
  const bytes = content(8 * BLOCK_SIZE, 7)
  const stalling = await world.peer('stalling', {
    twist: twistBlocks(async function* (message, { signal }) {
      if (message.response?.case === 'block')
        await new Promise((_, reject) => signal.addEventListener('abort', reject))
      yield message
    }),
  })
  const quick = await world.peer('quick')
  const { cid } = await stalling.share('f', bytes)
  await quick.share('f', bytes)
  let providers = [stalling.provider]
  const fetcher = await world.fetcher('stalling-to', {
    providers: () => providers,
    options: { stallMs: 300, retryBaseMs: 60_000 },
  })
  const { id } = await fetcher.downloads.add({ cid })
  await fetcher.until(id, ({ dropped }) => dropped.some(({ reason }) => reason.startsWith('stalled')))
  providers = [quick.provider]
  const view = await fetcher.end(id)
  assert.equal(view.state, 'done', view.error?.message)
  assert.deepEqual(view.sources, { [quick.provider.peerId]: bytes.length })
})

test('without any provider a download fails after a time, and can be tried again', async () => {
  const peer = await world.peer('late')
  const bytes = content(BLOCK_SIZE + 1, 8)
  const { cid } = await peer.share('f', bytes)
  for (const wanted of [cid, (await peer.share('g', content(9, 9))).cid]) {
    const fetcher = await world.fetcher(`late-to-${wanted.slice(-6)}`, {
      providers: () => providers,
      options: { resolveTimeoutMs: 250 },
    })
    let providers: (typeof peer.provider)[] = []
    const { id } = await fetcher.downloads.add({ cid: wanted })
    const failed = await fetcher.end(id)
    assert.equal(failed.state, 'failed')
    assert.equal(failed.error?.code, 'NO_PROVIDERS')
    providers = [peer.provider]
    await fetcher.downloads.resume(id)
    assert.equal((await fetcher.end(id)).state, 'done')
  }
})

test('a download that has data waits for its sources to come back', async () => {
  const bytes = content(8 * BLOCK_SIZE, 10)
  const first = await world.peer('gone', {
    twist: twistBlocks(function* (message) {
      if (message.response?.case === 'block' && message.response.value.index === 5) throw new Error('broken')
      yield message
    }),
  })
  const { cid } = await first.share('f', bytes)
  let providers = [first.provider]
  const fetcher = await world.fetcher('gone-to', {
    providers: () => providers,
    options: { resolveTimeoutMs: 2000, retryBaseMs: 1000, retryMaxMs: 1000 },
  })
  const { id } = await fetcher.downloads.add({ cid })
  const waiting = await fetcher.until(
    id,
    (view) => view.waitingFor === 'providers' && view.dropped.length > 0,
  )
  assert.equal(waiting.state, 'running')
  // Longer than one waits that has no data.
  await new Promise((resolve) => setTimeout(resolve, 2500))
  assert.equal(fetcher.downloads.get(id)?.state, 'running')
  const second = await world.peer('back')
  await second.share('f', bytes)
  providers = [second.provider]
  const view = await fetcher.end(id)
  assert.equal(view.state, 'done', view.error?.message)
})

test('a running download is a source for others', async () => {
  const gate = Promise.withResolvers<void>()
  const seed = await world.peer('seed', {
    twist: twistBlocks(async function* (message) {
      if (message.response?.case === 'block' && (message.response.value.index ?? 0) >= 6) await gate.promise
      yield message
    }),
  })
  const bytes = content(12 * BLOCK_SIZE, 15)
  const { cid } = await seed.share('f', bytes)
  const first = await world.fetcher('relay', { providers: [seed.provider] })
  const relay = await world.peer('relay-serves', { partials: first.downloads.partials })
  const { id } = await first.downloads.add({ cid })
  await first.until(id, (view) => view.doneBytes > 0)
  const second = await world.fetcher('relay-to', { providers: [relay.provider] })
  const got = await second.downloads.add({ cid })
  await second.until(got.id, (view) => view.doneBytes > 0)
  gate.resolve()
  const view = await second.end(got.id)
  assert.equal(view.state, 'done', view.error?.message)
  assert.deepEqual(view.sources, { [relay.provider.peerId]: bytes.length })
  assert.deepEqual(readFileSync(view.path), Buffer.from(bytes))
})
