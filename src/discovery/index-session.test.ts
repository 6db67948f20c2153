import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, test } from 'node:test'
import { sleep, systemClock } from '../base/clock.ts'
import { createIdentity } from '../link/identity.ts'
import type { IndexLocatorOptions } from './index-locator.ts'
import { FakeIndex, failing } from './testing/fake-index.ts'
import { type IndexNode, startIndexNode } from './testing/index-node.ts'
import { fileEntry } from './testing/shared-set.ts'

const running: { close(): Promise<void> }[] = []
after(async () => {
  for (const { close } of running.reverse()) await close()
})

async function startFake(...replaced: ConstructorParameters<typeof FakeIndex>): Promise<FakeIndex> {
  const index = await new FakeIndex(...replaced).start()
  running.push({ close: () => index.stop() })
  return index
}

function startNode(servers: string[], options?: Partial<IndexLocatorOptions>): IndexNode {
  const node = startIndexNode(servers, options)
  running.push(node)
  return node
}

/** Waits for something that has no event of its own; the test's own timeout ends it. */
async function until(isTrue: () => boolean): Promise<void> {
  const deadline = AbortSignal.timeout(10_000)
  while (!isTrue()) await sleep(systemClock, 5, deadline)
}

const stateOf = (node: IndexNode) =>
  Object.values(node.locator.getDebugState().servers as Record<string, Record<string, unknown>>)[0]!
const pathsOf = (requests: { entries: { path: string }[] }[]) =>
  requests.flatMap(({ entries }) => entries.map(({ path }) => path))

test('logs in, publishes all with replace and the revision, then only what changes, then the revision again', async () => {
  const index = await startFake()
  const node = startNode([index.address])
  node.source.set([fileEntry('a'), fileEntry('b')])
  await node.locator.settled(10_000)
  assert.deepEqual(index.calls, ['login 127.0.0.1:9', 'publish'])
  assert.deepEqual(pathsOf(index.published), ['a', 'b'])
  assert.deepEqual(
    [index.published[0]!.replace, index.published[0]!.revision],
    [true, node.source.revision()],
  )
  await node.share([fileEntry('b'), fileEntry('c')])
  assert.deepEqual(pathsOf(index.published.slice(1)), ['c'])
  assert.deepEqual(
    index.withdrawn.flatMap(({ keys }) => keys.map(({ path }) => path)),
    ['a'],
  )
  // Until all is quiet the state has a name that no source gives.
  assert.match(index.published[1]!.revision, /^~/)
  await until(() => index.published.length === 3)
  const { entries, replace, revision } = index.published[2]!
  assert.deepEqual([entries.length, replace, revision], [0, false, node.source.revision()])
})

test('publishes nothing to a server that holds its revision', async () => {
  const index = await startFake()
  const node = startNode([index.address])
  index.revision = node.source.revision()
  await node.locator.settled(10_000)
  assert.deepEqual(index.calls, ['login 127.0.0.1:9'])
})

test('after a break tells only what changed, when the server still holds the state of before', async () => {
  const index = await startFake()
  const node = startNode([index.address])
  await node.share([fileEntry('a')])
  await node.locator.settled(10_000)
  index.revision = index.published.at(-1)!.revision
  await index.stop()
  await until(() => stateOf(node).kind === 'disconnected')
  await node.share([fileEntry('a'), fileEntry('b')])
  index.published.length = 0
  await index.start()
  await node.locator.settled(10_000)
  assert.deepEqual(pathsOf(index.published), ['b'])
  assert.ok(index.published.every(({ replace }) => !replace))
})

test('more changes than the queue holds make it publish all anew', async () => {
  const index = await startFake()
  const node = startNode([index.address], { maxQueued: 3 })
  await node.locator.settled(10_000)
  index.revision = index.published.at(-1)!.revision
  await index.stop()
  await until(() => stateOf(node).kind === 'disconnected')
  index.published.length = 0
  const files = Array.from({ length: 5 }, (_, i) => fileEntry(`f${i}`))
  await node.share(files)
  assert.equal(stateOf(node).isOverflown, true)
  await index.start()
  await node.locator.settled(10_000)
  assert.deepEqual(
    pathsOf(index.published),
    files.map(({ path }) => path),
  )
  assert.equal(index.published[0]!.replace, true)
})

test('a library that changes without saying so is published anew', async () => {
  const index = await startFake()
  const node = startNode([index.address], { repairMs: 0 })
  await node.locator.settled(10_000)
  node.source.set([fileEntry('unannounced')])
  await until(() => pathsOf(index.published).includes('unannounced'))
  assert.equal(index.published.at(-1)!.replace, true)
})

test('a large library goes out in batches of at most 1000, replace in the first, revision in the last', async () => {
  const index = await startFake()
  const node = startNode([index.address])
  node.source.set(Array.from({ length: 2_300 }, (_, i) => fileEntry(`f${i}`)))
  await node.locator.settled(10_000)
  assert.deepEqual(
    index.published.map(({ entries }) => entries.length),
    [1000, 1000, 300],
  )
  assert.deepEqual(
    index.published.map(({ replace }) => replace),
    [true, false, false],
  )
  assert.deepEqual(
    index.published.map(({ revision }) => revision),
    ['', '', node.source.revision()],
  )
})

test('logs in again when the server has forgotten it', async () => {
  let isForgotten = false
  const index = await startFake({
    heartbeat: () => (isForgotten ? failing('NOT_FOUND')() : { leaseMs: 15_000 }),
  })
  const node = startNode([index.address])
  await until(() => stateOf(node).kind === 'online')
  await sleep(systemClock, 2 * index.heartbeatIntervalMs)
  isForgotten = true
  await until(() => index.calls.filter((call) => call.startsWith('login')).length === 2)
  isForgotten = false
  await until(() => stateOf(node).kind === 'online')
})

test('a server that takes logins and refuses the rest is asked ever less', async () => {
  const index = await startFake({ publish: failing('CONFLICT') })
  const node = startNode([index.address], { retry: { baseMs: 5, maxMs: 60_000 } })
  await until(() => Number(stateOf(node).attempt) >= 5)
  assert.ok(index.calls.length < 10)
})

test('new addresses are told with the next heartbeat', async () => {
  const index = await startFake()
  const node = startNode([index.address])
  await node.locator.settled(10_000)
  node.addresses.unshift('192.0.2.7:9081')
  await until(() => index.calls.includes('login 192.0.2.7:9081,127.0.0.1:9'))
  assert.equal(stateOf(node).kind, 'online')
})

test('stop says goodbye, and waits only so long for a server that does not listen', async () => {
  const index = await startFake()
  const node = startNode([index.address])
  await node.locator.settled(10_000)
  await node.locator.stop()
  assert.equal(index.calls.at(-1), 'logout')
  const deaf = await startFake({ logout: () => new Promise(() => {}) })
  const other = startNode([deaf.address], { logoutTimeoutMs: 50 })
  await other.locator.settled(10_000)
  await other.locator.stop()
  assert.equal(stateOf(other).kind, 'stopped')
})

test('a server that is pinned must be that one', async () => {
  const index = await startFake()
  const right = startNode([`${index.identity.peerId}@${index.address}`])
  await right.locator.settled(10_000)
  assert.equal(stateOf(right).kind, 'online')
  const wrong = startNode([`${createIdentity().peerId}@${index.address}`])
  await until(() => stateOf(wrong).kind === 'disconnected')
  assert.match(String(stateOf(wrong).problem), /was expected, .* answered/)
  assert.equal(index.calls.filter((call) => call.startsWith('login')).length, 1)
})

test('a server given by its URL is asked where its gRPC is', async () => {
  const index = await startFake()
  const port = index.address.split(':')[1]
  let body = JSON.stringify({ peerId: index.identity.peerId, grpc: `0.0.0.0:${port}` })
  const web = createServer((request, response) => {
    response.writeHead(request.url === '/shoal/api/v1/info' ? 200 : 404).end(body)
  })
  await new Promise<void>((resolve) => web.listen(0, '127.0.0.1', resolve))
  running.push({ close: async () => void web.close().closeAllConnections() })
  const url = `http://127.0.0.1:${(web.address() as AddressInfo).port}`
  const node = startNode([`${url}/shoal`])
  await node.locator.settled(10_000)
  assert.deepEqual([stateOf(node).kind, stateOf(node).address], ['online', index.address])

  const wrong = async (server: string, problem: RegExp) => {
    const lost = startNode([server])
    await until(() => stateOf(lost).kind === 'disconnected' && stateOf(lost).problem !== undefined)
    assert.match(String(stateOf(lost).problem), problem)
  }
  await wrong(url, /HTTP status 404/)
  await wrong(`${createIdentity().peerId}@${url}/shoal`, /It says that it is 12D3KooW/)
  body = '{"peerId":"nobody","grpc":"127.0.0.1:1"}'
  await wrong(`${url}/shoal`, /no PeerId/)
  body = `{"peerId":"${index.identity.peerId}"}`
  await wrong(`${url}/shoal`, /no gRPC address/)
  body = '<html>'
  await wrong(`${url}/shoal`, /no JSON/)
  body = ' '.repeat(100_000)
  await wrong(`${url}/shoal`, /longer than/)
})
