import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { create } from '@bufbuild/protobuf'
import { sleep, systemClock } from '../base/clock.ts'
import { cidToBytes } from '../content/cid.ts'
import { entryToWire } from '../content/entry-wire.ts'
import { ProviderSchema } from '../contract/gen/shoal/v1/common_pb.ts'
import { createIdentity } from '../link/identity.ts'
import { find, newContext } from './testing/compliance-world.ts'
import { FakeIndex, failing } from './testing/fake-index.ts'
import { startIndexNode } from './testing/index-node.ts'
import { fileEntry } from './testing/shared-set.ts'

const running: { close(): Promise<void> }[] = []
after(async () => {
  for (const { close } of running.reverse()) await close()
})

async function setUp(...replaced: ConstructorParameters<typeof FakeIndex>) {
  const index = await new FakeIndex(...replaced).start()
  running.push({ close: () => index.stop() })
  const node = startIndexNode([index.address])
  running.push(node)
  await node.locator.settled(10_000)
  return { index, node }
}

const { peerId } = createIdentity()
const provider = create(ProviderSchema, { peerId, name: 'somebody', addresses: ['127.0.0.1:9081'] })
const entry = fileEntry('good.txt')
const good = entryToWire(entry)

test('answers that make no sense are left out and noted, good ones are taken', async () => {
  const { index, node } = await setUp({
    async *search() {
      yield { entry: good, providers: [provider] }
      yield { providers: [provider] }
      yield { entry: good, providers: [] }
      yield { entry: { ...good, name: '../../etc/passwd' }, providers: [provider] }
      yield { entry: { ...good, cid: Uint8Array.of(1, 2, 3) }, providers: [provider] }
      yield { entry: { ...good, sizeBytes: 2n ** 63n }, providers: [provider] }
      yield { entry: good, providers: [{ peerId: 'nobody' }, provider] }
      yield { entry: entryToWire(fileEntry('too.txt')), providers: [{ ...provider, addresses: ['junk'] }] }
    },
    getProviders: () => ({ providers: [{ peerId: 'nobody' }, provider, provider] }),
  })
  const context = newContext()
  const hits = [...(await find(node, { words: 'txt' }, context)).values()]
  assert.deepEqual(
    hits.map((hit) => [hit.entry.name, hit.providers.map((one) => one.addresses)]),
    [
      ['good.txt', [['127.0.0.1:9081']]],
      ['too.txt', [[]]],
    ],
  )
  const { cost } = context
  assert.deepEqual([cost.messages, cost.asked, cost.firstHitHops], [9, 1, 1], 'a request, eight answers')
  assert.ok(cost.bytes > 100, `${cost.bytes} bytes`)
  assert.equal(context.cost.problems.length, 1)
  assert.ok(context.cost.problems[0]!.startsWith(`index ${index.address}: 6 bad answers left out (`))

  const asked = newContext()
  const found = await Array.fromAsync(node.locator.providers(entry.cid, asked))
  assert.deepEqual(found, [{ peerId, name: 'somebody', addresses: ['127.0.0.1:9081'] }])
  assert.match(asked.cost.problems.join(), /1 bad answers/)
})

test('hits that nobody asked for are left out', async () => {
  const other = fileEntry('other.txt')
  const { node } = await setUp({
    async *search() {
      yield { entry: entryToWire(other), providers: [provider] }
      yield { entry: good, providers: [provider] }
    },
  })
  for (const query of [{ cid: entry.cid }, { sha256: entry.sha256! }]) {
    const context = newContext()
    assert.deepEqual([...(await find(node, query, context)).keys()], [entry.cid])
    assert.match(context.cost.problems.join(), /1 bad answers left out \(A hit with another/)
  }
})

test('a server that never stops sending is left', async () => {
  const aborted = Promise.withResolvers<void>()
  const { index, node } = await setUp({
    async *search(_request, { signal }) {
      signal.addEventListener('abort', () => aborted.resolve())
      while (!signal.aborted) yield { entry: good, providers: [provider] }
    },
  })
  const context = newContext()
  assert.equal((await find(node, { words: 'good', limit: 3 }, context)).size, 1)
  assert.deepEqual(context.cost.problems, [
    `index ${index.address}: It sends more hits than it was asked for`,
  ])
  await aborted.promise
})

test('an abort, and leaving the loop, end the call at the server', async () => {
  let running_ = 0
  const { node } = await setUp({
    async *search(_request, { signal }) {
      running_++
      yield { entry: good, providers: [provider] }
      await new Promise((resolve) => signal.addEventListener('abort', resolve))
      running_--
    },
    async getProviders(_request, { signal }) {
      running_++
      await new Promise((resolve) => signal.addEventListener('abort', resolve))
      running_--
      return {}
    },
  })
  const gone = async () => {
    while (running_ > 0) await sleep(systemClock, 5)
  }
  const query = { words: 'good', limit: 10 }
  for await (const _hit of node.locator.search(query, newContext())) break
  await gone()
  const abort = new AbortController()
  for await (const _hit of node.locator.search(query, newContext(abort.signal))) abort.abort()
  await gone()
  const asked = new AbortController()
  const providers = Array.fromAsync(node.locator.providers(entry.cid, newContext(asked.signal)))
  while (running_ === 0) await sleep(systemClock, 5)
  asked.abort()
  assert.deepEqual(await providers, [])
  await gone()
})

test('a server that refuses is named with its reason, and the request counts', async () => {
  const { index, node } = await setUp({ search: failing('RATE_LIMITED'), getProviders: failing('BUSY') })
  const context = newContext()
  const reason = `index ${index.address}: Too many requests. Slow down`
  await assert.rejects(find(node, { words: 'x' }, context), {
    code: 'UNAVAILABLE',
    message: new RegExp(reason),
  })
  const { messages, asked, firstHitHops, problems } = context.cost
  assert.deepEqual([messages, asked, firstHitHops, problems], [1, 1, undefined, [reason]])
  await assert.rejects(
    Array.fromAsync(node.locator.providers(entry.cid, newContext())),
    /All places are taken/,
  )
})

test('asks the server what it was asked', async () => {
  const seen: unknown[] = []
  const { node } = await setUp({
    async *search({ query }) {
      seen.push(query?.words, query?.limit)
      yield* []
    },
    getProviders: ({ cid }) => {
      seen.push(Buffer.from(cid).toString('hex'))
      return {}
    },
  })
  await find(node, { words: 'Été*', limit: 12 })
  await Array.fromAsync(node.locator.providers(entry.cid, newContext()))
  assert.deepEqual(seen, ['Été*', 12, Buffer.from(cidToBytes(entry.cid)).toString('hex')])
})

test('a search right after the start waits for the link that is being made', async () => {
  const index = await new FakeIndex({
    async *search() {
      yield { entry: good, providers: [provider] }
    },
  }).start()
  running.push({ close: () => index.stop() })
  const node = startIndexNode([index.address])
  running.push(node)
  assert.equal((await find(node, { words: 'good' })).size, 1)
})
