import assert from 'node:assert/strict'
import { test } from 'node:test'
import { create, type MessageInitShape, toBinary, toJson } from '@bufbuild/protobuf'
import { ValueSchema } from '@bufbuild/protobuf/wkt'
import { cidToBytes } from '../../content/cid.ts'
import {
  DownloadAction,
  DownloadBlocksSchema,
  DownloadSchema,
  GetConfigResponseSchema,
  GetStatusResponseSchema,
  ListDownloadsResponseSchema,
  ListLibraryResponseSchema,
  ListNodePeersResponseSchema,
  ListUploadsResponseSchema,
  NodeGetValueResponseSchema,
  NodeSearchRequestSchema,
  NodeSearchResponseSchema,
  NodeService,
  PutValueResponseSchema,
  UploadAction,
  VerificationSchema,
  WatchVerifyResponseSchema,
} from '../../contract/gen/shoal/v1/node_pb.ts'
import type { CallContext } from '../../link/rpc.ts'
import { CID_A, CID_B, FakeNode, SHA_A, VALUE_FACTS, viewOf } from '../testing/fake-node.ts'
import { TOKEN } from '../testing/start-api.ts'
import { isLoopbackAddress, nodeServiceImpl } from './control.ts'

function contextOf({ remoteAddress = '127.0.0.1', authorization = `Bearer ${TOKEN}` } = {}): CallContext {
  return {
    peerId: 'caller',
    remoteAddress,
    remotePort: 1,
    signal: new AbortController().signal,
    header: (name) => (name === 'authorization' ? authorization : undefined),
  }
}

function setup() {
  const node = new FakeNode()
  return { node, service: nodeServiceImpl(node, TOKEN), context: contextOf() }
}

/** Any handler's answer, streamed or not, to a request with nothing in it. */
async function call(service: object, method: string, context: CallContext): Promise<unknown> {
  const { input } = NodeService.method[method as keyof typeof NodeService.method]
  const handler = (service as Record<string, (request: unknown, context: CallContext) => unknown>)[method]!
  const answer = await handler(create(input), context)
  const streamed = typeof answer === 'object' && answer !== null && Symbol.asyncIterator in answer
  return streamed ? Array.fromAsync(answer as AsyncIterable<unknown>) : answer
}

test('every method is there, for callers on this machine with the token only', async () => {
  const { node, service } = setup()
  const methods = Object.keys(NodeService.method)
  assert.deepEqual(Object.keys(service).sort(), methods.sort())
  const strangers: [CallContext, string][] = [
    [contextOf({ remoteAddress: '192.0.2.7' }), 'PERMISSION_DENIED'],
    [contextOf({ remoteAddress: '' }), 'PERMISSION_DENIED'],
    [contextOf({ remoteAddress: '::ffff:192.0.2.7' }), 'PERMISSION_DENIED'],
    [contextOf({ authorization: '' }), 'UNAUTHENTICATED'],
    [contextOf({ authorization: `Bearer ${TOKEN}x` }), 'UNAUTHENTICATED'],
  ]
  for (const method of methods)
    for (const [context, code] of strangers)
      await assert.rejects(call(service, method, context), { code }, method)
  assert.deepEqual(node.asked, [])
})

test('loopback is what the RFCs say', () => {
  for (const address of ['127.0.0.1', '127.9.9.9', '::1', '::ffff:127.0.0.1', '::FFFF:127.0.0.1'])
    assert.equal(isLoopbackAddress(address), true, address)
  for (const address of [
    '',
    '128.0.0.1',
    '0.0.0.0',
    '::',
    '10.127.0.1',
    '127.0.0.1.evil',
    '::2',
    'localhost',
  ])
    assert.equal(isLoopbackAddress(address), false, address)
})

/** What goes over the wire must fit its message. */
const fits = <S extends Parameters<typeof create>[0]>(schema: S, value: MessageInitShape<S>) =>
  assert.ok(toBinary(schema, create(schema, value)) instanceof Uint8Array)

test('status, library, peers and settings fit their messages', async () => {
  const { service, context } = setup()
  const status = await service.getStatus(create(NodeService.method.getStatus.input), context)
  fits(GetStatusResponseSchema, status)
  assert.equal(status.name, 'fake <b>"node"</b>')
  assert.deepEqual((status.details as { library: { files: number } }).library.files, 2)
  const page = await service.listLibrary(create(NodeService.method.listLibrary.input, { limit: 1 }), context)
  fits(ListLibraryResponseSchema, page)
  assert.equal(page.cursor, 'next')
  assert.deepEqual(page.entries![0]!.cid, cidToBytes(CID_A))
  const peers = await service.listPeers(create(NodeService.method.listPeers.input), context)
  fits(ListNodePeersResponseSchema, peers)
  assert.deepEqual(
    peers.peers!.map(({ zone, state, neighbour, latencyMs }) => ({ zone, state, neighbour, latencyMs })),
    [
      { zone: '', state: 'alive', neighbour: true, latencyMs: 1.5 },
      { zone: undefined, state: 'known', neighbour: false, latencyMs: undefined },
    ],
  )
  const config = await service.getConfig(create(NodeService.method.getConfig.input), context)
  fits(GetConfigResponseSchema, config)
  const { input } = NodeService.method.setConfig
  const set = await service.setConfig(create(input, { changes: { name: 'new' } }), context)
  assert.deepEqual([set.config, set.restartNeeded], [{ name: 'new' }, ['name']])
  await assert.rejects(async () => service.setConfig(create(input), context), { code: 'INVALID_CONFIG' })
})

test('a verification has the same names as over REST', async () => {
  const { node, service, context } = setup()
  const { startVerify, getVerify, stopVerify, watchVerify } = NodeService.method
  const started = await service.startVerify(create(startVerify.input, { targets: [CID_A] }), context)
  fits(VerificationSchema, started)
  assert.deepEqual([started.filesTotal, started.bytesTotal, started.etaMs], [2n, 10n, 2000])
  assert.equal((await service.getVerify(create(getVerify.input), context)).state, 'running')
  const stopped = await service.stopVerify(create(stopVerify.input), context)
  assert.deepEqual([stopped.state, stopped.etaMs], ['stopped', undefined])
  const events = await Array.fromAsync(service.watchVerify(create(watchVerify.input), context))
  for (const event of events) fits(WatchVerifyResponseSchema, event)
  assert.deepEqual(
    events.map(({ event }) => event?.case),
    ['damaged', 'progress', 'done'],
  )
  assert.deepEqual(node.asked, [['verify', [CID_A]], ['stop verify']])
  const tooMany = create(startVerify.input, { targets: new Array(1001).fill(CID_A) })
  await assert.rejects(async () => service.startVerify(tooMany, context), { code: 'INVALID_ARGUMENT' })
  const wrong = create(startVerify.input, { targets: ['no path'] })
  await assert.rejects(async () => service.startVerify(wrong, context), { code: 'INVALID_CID' })
})

test('a search is checked as over REST, and streams', async () => {
  const { node, service, context } = setup()
  const search = (init: MessageInitShape<typeof NodeSearchRequestSchema>) =>
    Array.fromAsync(service.search(create(NodeSearchRequestSchema, init), context))
  const query = { words: 'a', sha256: Buffer.from(SHA_A, 'hex'), cid: cidToBytes(CID_A), limit: 5000 }
  const events = await search({ query, via: ['index'], timeoutMs: 900_000 })
  for (const event of events) fits(NodeSearchResponseSchema, event)
  assert.deepEqual(
    events.map(({ event }) => event?.case),
    ['hit', 'done'],
  )
  assert.deepEqual(node.asked, [
    ['search', { words: 'a', sha256: SHA_A, cid: CID_A, limit: 1000 }, ['index'], 600_000],
  ])
  const { value } = events[1]!.event as { value: { via: Record<string, object> } }
  assert.deepEqual(value.via.index, {
    ...{ hits: 0, messages: 1, ms: 2, asked: 1, bytes: 40n, stopped: '', problems: ['index h:1: busy'] },
    error: 'UNAVAILABLE: It is down.',
  })
  assert.deepEqual(value.via.library, {
    ...{ hits: 1, messages: 0, ms: 1, asked: 0, bytes: 0n, firstHitHops: 0, stopped: 'complete' },
    ...{ problems: [], error: '' },
  })
  await assert.rejects(search({}), { code: 'INVALID_ARGUMENT' })
  await assert.rejects(search({ query: { words: '?' } }), { code: 'INVALID_ARGUMENT' })
  await assert.rejects(search({ query: { cid: new Uint8Array(3) } }), { code: 'INVALID_CID' })
  await assert.rejects(search({ query: { sha256: new Uint8Array(3) } }), { code: 'INVALID_ARGUMENT' })
  await assert.rejects(search({ query: { words: 'a' }, via: ['moon'] }), { code: 'INVALID_ARGUMENT' })
})

test('paths are shared and removed', async () => {
  const { node, service, context } = setup()
  const { addPath, removePath } = NodeService.method
  const added = await Array.fromAsync(service.addPath(create(addPath.input, { path: '/tmp/docs/' }), context))
  assert.deepEqual(
    added.map(({ entry }) => entry?.name),
    ['a.txt', 'b.txt'],
  )
  node.leftOut = [{ path: 'docs/a~', reason: 'temporary name' }]
  const less = await Array.fromAsync(service.addPath(create(addPath.input, { path: '/tmp/docs' }), context))
  assert.deepEqual(less.at(-1), { leftOut: { count: 1, examples: node.leftOut } })
  const relative = service.addPath(create(addPath.input, { path: 'docs' }), context)
  await assert.rejects(Array.fromAsync(relative), { code: 'INVALID_ARGUMENT' })
  const removed = await service.removePath(create(removePath.input, { target: CID_B }), context)
  assert.equal(removed.removed, 1)
  assert.deepEqual(node.asked, [
    ['add', '/tmp/docs'],
    ['add', '/tmp/docs'],
    ['remove', CID_B],
  ])
})

test('downloads are started, controlled and watched', async () => {
  const { node, service, context } = setup()
  const { startDownload, controlDownload, watchDownload, listDownloads } = NodeService.method
  const start = (target: string, out = '') =>
    service.startDownload(create(startDownload.input, { target, out }), context)
  const download = await start(`shoal:${CID_A}`, '/tmp/x')
  fits(DownloadSchema, download)
  assert.deepEqual([download.doneBytes, download.sources], [5n, { peerOne: 5n }])
  assert.deepEqual(node.asked, [['start', { kind: 'cid', cid: CID_A }, '/tmp/x', undefined]])
  await assert.rejects(async () => start('a.txt'), { code: 'AMBIGUOUS' })
  await assert.rejects(async () => start('a.txt', 'relative'), { code: 'INVALID_ARGUMENT' })
  const states: [DownloadAction, string][] = [
    [DownloadAction.PAUSE, 'paused'],
    [DownloadAction.RESUME, 'running'],
    [DownloadAction.CANCEL, 'cancelled'],
  ]
  const control = async (action: DownloadAction, id = 'd1') =>
    service.controlDownload(create(controlDownload.input, { id, action }), context)
  for (const [action, state] of states) assert.equal((await control(action)).state, state)
  await assert.rejects(control(DownloadAction.UNSPECIFIED), { code: 'INVALID_ARGUMENT' })
  await assert.rejects(control(DownloadAction.PAUSE, 'nobody'), { code: 'NOT_FOUND' })
  const { changeDownload } = NodeService.method
  const change = async (changes: MessageInitShape<typeof changeDownload.input>) =>
    service.changeDownload(create(changeDownload.input, { id: 'd1', ...changes }), context)
  const changed = await change({ priority: 'high', sequential: true })
  fits(DownloadSchema, changed)
  assert.deepEqual([changed.priority, changed.sequential, changed.queuePosition], ['high', true, 0])
  assert.deepEqual(node.asked.at(-1), ['change', 'd1', { priority: 'high', sequential: true }])
  await change({ sequential: false })
  assert.deepEqual(node.asked.at(-1), ['change', 'd1', { priority: undefined, sequential: false }])
  await assert.rejects(change({}), { code: 'INVALID_ARGUMENT' })
  await assert.rejects(change({ priority: 'urgent' }), { code: 'INVALID_ARGUMENT' })
  const mirrors = ['https://a.example/x']
  await service.startDownload(create(startDownload.input, { target: CID_A, mirrors }), context)
  assert.deepEqual(node.asked.at(-1)?.at(-1), mirrors)
  await service.startDownload(create(startDownload.input, { target: CID_A, priority: 'low' }), context)
  assert.deepEqual(node.asked.at(-1)?.slice(4), ['low', undefined])
  const watched = await Array.fromAsync(
    service.watchDownload(create(watchDownload.input, { id: 'd1' }), context),
  )
  assert.deepEqual(
    watched.map(({ state }) => state),
    ['running', 'done'],
  )
  node.views.set('d2', { ...viewOf('d2', 'failed'), error: { code: 'NO_SPACE', message: 'Full.' } })
  const { downloads } = await service.listDownloads(create(listDownloads.input), context)
  assert.deepEqual([downloads![1]!.errorCode, downloads![1]!.errorMessage], ['NO_SPACE', 'Full.'])
})

test('shares, uploads and events are told, and an ended download is forgotten', async () => {
  const { node, service, context } = setup()
  const { shares } = await service.listShares(create(NodeService.method.listShares.input), context)
  assert.deepEqual(
    shares?.map(({ path }) => path),
    node.library.shares().map(({ path }) => path),
  )
  const uploads = await service.listUploads(create(NodeService.method.listUploads.input), context)
  assert.equal(uploads.slots, node.uploads().slots)
  fits(ListUploadsResponseSchema, uploads)
  const [active, waiting] = [uploads.active![0]!, uploads.queued![0]!]
  assert.deepEqual([active.name, active.bytes, active.position, active.etaMs], ['a.txt', 3n, 0, undefined])
  assert.deepEqual([waiting.peerName, waiting.position, waiting.etaMs], ['one', 1, 2000])
  await assert.rejects(
    async () =>
      service.removeDownload(create(NodeService.method.removeDownload.input, { id: 'none' }), context),
    { code: 'NOT_FOUND' },
  )

  const leaving = new AbortController()
  const watching = { ...context, signal: leaving.signal }
  const events = service.watchEvents(create(NodeService.method.watchEvents.input), watching)
  const iterator = events[Symbol.asyncIterator]()
  const first = iterator.next()
  node.events.emit({ type: 'library', data: { added: 2 } })
  const { value } = await first
  assert.equal(value?.type, 'library')
  assert.deepEqual(toJson(ValueSchema, create(ValueSchema, value?.data)), { added: 2 })
  leaving.abort()
  assert.equal((await iterator.next()).done, true)
  assert.equal(node.events.listenerCount, 0)
})

test('values are put and got', async () => {
  const { service, context } = setup()
  const { putValue, getValue } = NodeService.method
  const value = Uint8Array.of(0, 255)
  const put = await service.putValue(create(putValue.input, { key: 'k', value }), context)
  fits(PutValueResponseSchema, put)
  const { version, writer, expiresMs } = VALUE_FACTS
  const facts = { version: BigInt(version), writer, expiresMs: BigInt(expiresMs) }
  assert.deepEqual(put, { ...facts, replicas: 3 })
  const found = await service.getValue(create(getValue.input, { key: 'k' }), context)
  fits(NodeGetValueResponseSchema, found)
  assert.deepEqual(found, { ...facts, value })
  const absent = async () => service.getValue(create(getValue.input, { key: 'none' }), context)
  await assert.rejects(absent, { code: 'NOT_FOUND' })
  await assert.rejects(async () => service.putValue(create(putValue.input), context), {
    code: 'INVALID_ARGUMENT',
  })
})

test('transfers: maps, pages, the same of a download as REST tells, and the owner over uploads', async () => {
  const { node, service, context } = setup()
  const ask = <K extends keyof typeof service>(method: K, request: object) =>
    (service[method] as (request: object, context: CallContext) => Promise<never>)(
      create(NodeService.method[method].input, request),
      context,
    )
  const read = <S extends Parameters<typeof create>[0]>(schema: S, message: object) =>
    toJson(schema, create(schema, message as never), { alwaysEmitImplicit: true }) as Record<string, unknown>
  const map = read(DownloadBlocksSchema, await ask('getDownloadBlocks', { id: 'd1' }))
  assert.deepEqual(
    [map.blocks, map.cells, map.have, map.inFlight, map.from, map.flying],
    [3, 2, [50, 0], [1, 1], [0, -1], [1, 0]],
  )
  await ask('getDownloadBlocks', { id: 'd1', cells: 9999 })
  assert.deepEqual(node.asked, [
    ['blocks', 512],
    ['blocks', 4096],
  ])
  const [listed] = (read(ListDownloadsResponseSchema, await ask('listDownloads', {})).downloads ??
    []) as Record<string, unknown>[]
  assert.deepEqual(listed!.activeSources, [
    {
      ...{ peerId: 'peerOne', name: 'one', addr: '127.0.0.1:1', state: 'active', position: 0 },
      ...{ rateBytesPerSecond: 1.5, road: 'direct', doneBytes: '5' },
    },
  ])
  assert.deepEqual(listed!.dropped, [{ peerId: 'peerTwo', reason: 'BAD_BLOCK' }])
  assert.deepEqual([listed!.kind, listed!.createdMs], ['ENTRY_KIND_FILE', 1_700_000_000_000])
  for (const [id, createdMs] of [
    ['d2', 1],
    ['d3', 2],
  ] as const)
    node.views.set(id, { ...viewOf(id, 'done'), createdMs })
  const page = read(ListDownloadsResponseSchema, await ask('listDownloads', { states: ['done'], limit: 1 }))
  assert.equal((page.downloads as { id: string }[])[0]!.id, 'd3')
  const rest = read(
    ListDownloadsResponseSchema,
    await ask('listDownloads', { states: ['done'], cursor: page.cursor }),
  )
  assert.deepEqual([(rest.downloads as { id: string }[]).map(({ id }) => id), rest.cursor], [['d2'], ''])
  await assert.rejects(ask('clearDownloads', {}), { code: 'INVALID_ARGUMENT' })
  assert.deepEqual(await ask('clearDownloads', { states: ['done'] }), { removed: 2 })
  assert.equal(
    (read(ListNodePeersResponseSchema, await ask('listPeers', { limit: 1 })).peers as []).length,
    1,
  )
  assert.deepEqual(read(ListUploadsResponseSchema, await ask('listUploads', {})).paused, [
    { peerId: 'peerTwo', name: '', state: 'paused' },
    { peerId: 'peerThree', name: 'three', state: 'refused', untilMs: 1_700_000_600_000 },
  ])
  await assert.rejects(ask('controlUpload', { peerId: 'peerOne' }), { code: 'INVALID_ARGUMENT' })
  await assert.rejects(ask('controlUpload', { peerId: 'x', action: UploadAction.PAUSE }), {
    code: 'NOT_FOUND',
  })
  assert.deepEqual(await ask('controlUpload', { peerId: 'peerOne', action: UploadAction.CANCEL }), {
    ...{ peerId: 'peerOne', name: 'one', state: 'refused', untilMs: 5 },
  })
})

test('settings are changed only if they are those that were read, when that is asked', async () => {
  const { service, context } = setup()
  const set = async (ifMatch: string) =>
    service.setConfig(
      create(NodeService.method.setConfig.input, { changes: { name: 'x' }, ifMatch }),
      context,
    )
  const { etag } = await service.getConfig(create(NodeService.method.getConfig.input), context)
  for (const ifMatch of ['', etag!]) assert.equal((await set(ifMatch)).etag, etag)
  await assert.rejects(set('"other"'), { code: 'PRECONDITION_FAILED' })
})
