import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { systemClock } from '../../base/clock.ts'
import { BLOCK_SIZE } from '../../content/cid.ts'
import { NO_LIMITS } from '../limits/rates.ts'
import { TransferLimits } from '../limits/transfer-limits.ts'
import { MirrorServer, sendRange } from '../testing/mirror-server.ts'
import { content, slowly, type TestFetcher, type TestPeer, TestWorld, tellsOnly } from '../testing/world.ts'

const world = new TestWorld()
after(() => world.close())

const bytes = content(20 * BLOCK_SIZE + 77, 1)
const small = content(3000, 2)
/** Tells the manifest and gives no block. */
let teller: TestPeer
let cid: string
let smallCid: string

before(async () => {
  teller = await world.peer('teller', { twist: tellsOnly })
  cid = (await teller.share('f', bytes)).cid
  smallCid = (await teller.share('small', small)).cid
})

async function server(files: Record<string, Uint8Array> = { '/f': bytes, '/small': small }) {
  const started = await MirrorServer.start(files)
  world.defer(() => started.stop())
  return started
}

let number = 0
const fetcher = (...peers: TestPeer[]): Promise<TestFetcher> =>
  world.fetcher(`fetcher-${number++}`, { providers: peers.map(({ provider }) => provider) })

const id = (url: string): string => `mirror:${url}`

test('a mirror gives a file that peers only tell of, by ranges of several blocks, few at once', async () => {
  const mirror = await server()
  const fetching = await fetcher(teller)
  const { downloads } = fetching
  const started = await downloads.add({ cid, name: 'f', mirrors: [`${mirror.url}/f`] })
  const view = await fetching.end(started.id)
  assert.equal(view.state, 'done', view.error?.message)
  assert.deepEqual(readFileSync(view.path), Buffer.from(bytes))
  assert.deepEqual(view.sources, { [id(`${mirror.url}/f`)]: bytes.length })
  const [probe, ...rest] = mirror.requests
  assert.equal(probe, 'GET /f bytes=0-0')
  assert.match(rest[0]!, /^GET \/f bytes=0-/)
  assert.ok(rest.length < bytes.length / BLOCK_SIZE, 'several blocks come with one request')
  assert.ok(mirror.most <= 4, `${mirror.most} at once`)
  const asked = rest
    .map((line) => /(\d+)-(\d+)$/.exec(line)!)
    .reduce((sum, [, from, to]) => sum + Number(to) - Number(from) + 1, 0)
  assert.equal(asked, bytes.length, 'nothing is asked for twice')
})

test('a file of one block needs nobody but its mirror, with ranges or without', async () => {
  for (const withRanges of [true, false]) {
    const mirror = await server()
    mirror.twist = (request) => {
      if (!withRanges) delete request.headers.range
      return false
    }
    const fetching = await fetcher()
    const mirrors = [`${mirror.url}/small`]
    const view = await fetching.end((await fetching.downloads.add({ cid: smallCid, mirrors })).id)
    assert.equal(view.state, 'done', view.error?.message)
    assert.deepEqual(readFileSync(view.path), Buffer.from(small))
  }
})

test('without a peer that tells the blocks of a larger file, it is said that one is needed', async () => {
  const mirror = await server()
  const fetching = await world.fetcher('lonely', { providers: [], options: { notFoundAfterMs: 200 } })
  const view = await fetching.end((await fetching.downloads.add({ cid, mirrors: [`${mirror.url}/f`] })).id)
  assert.equal(view.error?.code, 'NO_PROVIDERS')
  assert.match(view.error.message, /the list of blocks comes from a peer/)
  assert.deepEqual(mirror.requests, [])
})

test('several mirrors and a peer fetch one file together; the view shows each', async () => {
  const peer = await world.peer('giver', { twist: slowly(10) })
  await peer.share('f', bytes)
  const mirrors = [await server(), await server()]
  // Mirrors begin when the peer has: each has its part then.
  const peerGave = Promise.withResolvers<void>()
  for (const mirror of mirrors)
    mirror.twist = (request, response) => {
      if (request.headers.range === 'bytes=0-0') return false
      void peerGave.promise.then(() => sendRange(request, response, bytes))
      return true
    }
  const fetching = await fetcher(peer)
  const urls = mirrors.map(({ url }) => `${url}/f`)
  const { id: download } = await fetching.downloads.add({ cid, name: 'f', mirrors: urls })
  const shown = new Map<string, string>()
  for await (const view of fetching.downloads.watch(download, AbortSignal.timeout(20_000))) {
    if (view.doneBytes > 0) peerGave.resolve()
    for (const { peerId, addr, road } of view.activeSources) shown.set(peerId, `${road} ${addr}`)
  }
  const view = fetching.downloads.get(download)!
  assert.equal(view.state, 'done', view.error?.message)
  assert.deepEqual(readFileSync(view.path), Buffer.from(bytes))
  assert.deepEqual(Object.keys(view.sources).sort(), [peer.provider.peerId, ...urls.map(id)].sort())
  for (const url of urls) assert.equal(shown.get(id(url)), `mirror ${url}`)
})

test('when the peer dies, the mirror finishes the file', async () => {
  // Slow enough that it does not give everything before it dies.
  const limits = new TransferLimits(systemClock, {
    upload: { ...NO_LIMITS, lan: 8 * BLOCK_SIZE },
    download: NO_LIMITS,
  })
  const peer = await world.peer('mortal', { limits })
  await peer.share('f', bytes)
  const mirror = await server()
  let open = false
  const held: (() => void)[] = []
  // Only the probe is answered as long as the peer lives.
  mirror.twist = (request, response) => {
    if (open || request.headers.range === 'bytes=0-0') return false
    held.push(() => response.destroy())
    return true
  }
  const fetching = await fetcher(peer)
  const { id: download } = await fetching.downloads.add({ cid, name: 'f', mirrors: [`${mirror.url}/f`] })
  await fetching.until(download, ({ doneBytes }) => doneBytes > 4 * BLOCK_SIZE)
  await peer.stop()
  open = true
  for (const drop of held) drop()
  const view = await fetching.end(download)
  assert.equal(view.state, 'done', view.error?.message)
  assert.deepEqual(readFileSync(view.path), Buffer.from(bytes))
  assert.ok(view.sources[id(`${mirror.url}/f`)]! > 0)
})

test('the files of a folder lie below its URL', async () => {
  const files = { 'a b/ü?#%.bin': content(2 * BLOCK_SIZE + 5, 3), 'c/d.txt': content(9, 4), e: content(0) }
  const dag = await teller.shareFolder(files)
  const mirror = await server(
    Object.fromEntries(Object.entries(files).map(([path, data]) => [`/base/${path}`, data])),
  )
  const fetching = await fetcher(teller)
  const url = `${mirror.url}/base/`
  const view = await fetching.end(
    (await fetching.downloads.add({ cid: dag.cid, name: 'd', mirrors: [url] })).id,
  )
  assert.equal(view.state, 'done', view.error?.message)
  for (const [path, data] of Object.entries(files))
    assert.deepEqual(readFileSync(join(view.path, path)), Buffer.from(data), path)
  assert.deepEqual(view.sources, { [id(url)]: 2 * BLOCK_SIZE + 5 + 9 })
})

test('mirrors are kept over a restart, and more are added to a download that is there', async () => {
  const mirror = await server()
  const other = await server()
  mirror.twist = () => true
  const name = `fetcher-${number}`
  const first = await fetcher(teller)
  const named = `${mirror.url.replace('//', '//ada:secret@')}/f`
  const { id: download } = await first.downloads.add({ cid, name: 'f', mirrors: [named] })
  const waiting = await first.until(download, ({ activeSources }) => activeSources.length > 0)
  assert.doesNotMatch(JSON.stringify([waiting, first.downloads.getDebugState()]), /secret/)
  await first.stop()
  const user: (string | undefined)[] = []
  mirror.twist = (request) => {
    user.push(request.headers.authorization)
    return request.headers.range !== 'bytes=0-0'
  }
  const again = await world.fetcher(name, { providers: [teller.provider] })
  const added = await again.downloads.add({ cid, name: 'f', mirrors: [named, `${other.url}/f`] })
  assert.equal(added.id, download)
  const view = await again.end(download)
  assert.equal(view.state, 'done', view.error?.message)
  assert.deepEqual(view.sources, { [id(`${other.url}/f`)]: bytes.length })
  const basic = `Basic ${Buffer.from('ada:secret').toString('base64')}`
  assert.ok(user.length > 0 && user.every((each) => each === basic))
})

test('a mirror that asks to wait is asked again then, and not before', async () => {
  const mirror = await server()
  const times: number[] = []
  mirror.twist = (_request, response) => {
    times.push(performance.now())
    if (times.length > 1) return false
    response.writeHead(503, { 'retry-after': '1' }).end()
    return true
  }
  const fetching = await fetcher()
  const mirrors = [`${mirror.url}/small`]
  const view = await fetching.end((await fetching.downloads.add({ cid: smallCid, mirrors })).id)
  assert.equal(view.state, 'done', view.error?.message)
  assert.ok(times[1]! - times[0]! >= 990, `asked again after ${times[1]! - times[0]!} ms`)
})

test('a kept connection that the server closes as it is used again is no failure', async () => {
  const mirror = await server()
  const used = new WeakSet<object>()
  let closed = 0
  mirror.twist = ({ socket }) => {
    if (!used.has(socket)) return !used.add(socket)
    closed++
    socket.destroy()
    return true
  }
  const fetching = await fetcher(teller)
  const { id: download } = await fetching.downloads.add({ cid, name: 'f', mirrors: [`${mirror.url}/f`] })
  for await (const { dropped } of fetching.downloads.watch(download, AbortSignal.timeout(20_000)))
    assert.deepEqual(
      dropped.filter(({ peerId }) => peerId.startsWith('mirror:')),
      [],
    )
  assert.equal(fetching.downloads.get(download)!.state, 'done')
  assert.ok(closed > 0)
})

test('download limits hold for mirrors', async () => {
  const mirror = await server()
  const rate = 4 * BLOCK_SIZE
  const limits = new TransferLimits(systemClock, { upload: NO_LIMITS, download: { ...NO_LIMITS, lan: rate } })
  const fetching = await world.fetcher('limited', { providers: [teller.provider], setup: { limits } })
  const part = content(6 * BLOCK_SIZE, 8)
  mirror.files.set('/part', part)
  const { cid: partCid } = await teller.share('part', part)
  const beganMs = performance.now()
  const { id: download } = await fetching.downloads.add({ cid: partCid, mirrors: [`${mirror.url}/part`] })
  const view = await fetching.end(download)
  assert.equal(view.state, 'done', view.error?.message)
  const tookMs = performance.now() - beganMs
  assert.ok(tookMs > 700, `6 MiB at 4 MiB/s in ${tookMs} ms`)
})
