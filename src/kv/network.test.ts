import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ShoalError } from '../base/errors.ts'
import { createIdentity } from '../link/identity.ts'
import { MAX_VALUE_BYTES } from './key.ts'
import { LIFETIME_MS, MAX_AHEAD_MS, REPLICAS } from './options.ts'
import { type RecordFields, signValue } from './record.ts'
import { type KvNode, KvWorld } from './testing/kv-world.ts'

const text = (value: string) => Buffer.from(value)
const signal = new AbortController().signal
const MINUTE = 60_000
const HOUR = 60 * MINUTE

const put = (world: KvWorld, node: KvNode, key: string, value: string | Uint8Array) =>
  world.run(node.kv.put(key, typeof value === 'string' ? text(value) : value, { signal }))
const get = async (world: KvWorld, node: KvNode, key: string) =>
  Buffer.from((await world.run(node.kv.get(key, { signal }))).value).toString()
const keeps = (node: KvNode, key: string) => node.state.values.facts(key) !== undefined
const versionsOf = (nodes: readonly KvNode[], key: string) =>
  nodes.map(({ state }) => state.values.facts(key)?.version)

/** A record that somebody outside has signed. */
function foreign(world: KvWorld, change: Partial<RecordFields> = {}, writer = createIdentity()) {
  const now = world.clock.now()
  const fields = { key: 'k', value: text('foreign'), version: now, expiresMs: now + HOUR, ...change }
  return signValue(writer, fields)
}

/** What a node says to a record that comes from outside. */
async function sendTo(node: KvNode, ...records: { signed: object }[]) {
  const request = { records: records.map(({ signed }) => signed) } as never
  const context = { peerId: 'stranger', signal } as never
  const { results } = await node.handlers.storeValues(request, context)
  return results!.map(({ outcome, errorCode }) => [outcome, errorCode ?? ''])
}

const STORED = 1
const NEWER = 3
const REFUSED = 4

test('a value goes to the closest eight of ten nodes, and every node reads it', async () => {
  await using world = new KvWorld(10)
  const [writer] = world.nodes
  const { replicas, version } = await put(world, writer!, 'greeting', 'hello')
  assert.equal(replicas, REPLICAS)
  assert.ok(version <= world.clock.now() && version > world.clock.now() - MINUTE)
  const closest = world.closest('greeting').slice(0, REPLICAS)
  assert.deepEqual(new Set(world.holders('greeting')), new Set([...closest, writer!]))
  for (const node of world.nodes) assert.equal(await get(world, node, 'greeting'), 'hello')
  const empty = await put(world, world.nodes[3]!, 'ключ / 🦈', '')
  assert.equal(empty.replicas, REPLICAS)
  assert.equal(await get(world, world.nodes[4]!, 'ключ / 🦈'), '')
})

test('whoever writes last wins, at any node, and versions grow', async () => {
  await using world = new KvWorld(10)
  let before = 0
  for (let i = 0; i < 10; i++) {
    const { version } = await put(world, world.nodes[i]!, 'k', `value ${i}`)
    assert.ok(version > before)
    before = version
    assert.equal(await get(world, world.nodes[(i + 5) % 10]!, 'k'), `value ${i}`)
  }
  // Two puts at once at one node: the second one is above the first.
  const [a, b] = await world.run(
    Promise.all(['a', 'b'].map((value) => world.nodes[0]!.kv.put('k', text(value), { signal }))),
  )
  assert.ok(b!.version > a!.version)
  assert.equal(await get(world, world.nodes[7]!, 'k'), 'b')
})

test('nodes that write at the same moment: all agree on one value', async () => {
  await using world = new KvWorld(10)
  const results = await world.run(
    Promise.allSettled(world.nodes.map((node, i) => node.kv.put('k', text(`by ${i}`), { signal }))),
  )
  assert.ok(results.some(({ status }) => status === 'fulfilled'))
  for (const result of results)
    if (result.status === 'rejected') assert.equal((result.reason as ShoalError).code, 'CONFLICT')
  await world.clock.advance(MINUTE)
  const values = new Set<string>()
  for (const node of world.nodes) values.add(await get(world, node, 'k'))
  assert.equal(values.size, 1)
  assert.equal(new Set(versionsOf(world.holders('k'), 'k')).size, 1)
})

test('an absent key is told as NOT_FOUND within 5 s, also when most of the closest are dead', async () => {
  await using world = new KvWorld(10)
  const isAbsent = async (node: KvNode) => {
    const startMs = world.clock.now()
    await assert.rejects(world.run(node.kv.get('nothing', { signal })), { code: 'NOT_FOUND' })
    assert.ok(world.clock.now() - startMs <= 5000)
  }
  await isAbsent(world.nodes[0]!)
  for (const node of world.closest('nothing').slice(0, 7)) await world.kill(node)
  for (const node of world.nodes.filter(({ isUp }) => isUp)) await isAbsent(node)
})

test('a node alone keeps values itself, and gives them to those who come later', async () => {
  await using world = new KvWorld(1)
  const [first] = world.nodes
  assert.equal((await put(world, first!, 'k', 'alone')).replicas, 1)
  assert.equal(await get(world, first!, 'k'), 'alone')
  await assert.rejects(world.run(first!.kv.get('other', { signal })), { code: 'NOT_FOUND' })
  const second = world.add()
  await world.clock.advance(MINUTE)
  await world.kill(first!)
  assert.equal(await get(world, second, 'k'), 'alone')
})

test('nothing is stored when none of the others can be reached, and that is said', async () => {
  await using world = new KvWorld(3)
  const [writer, ...others] = world.nodes
  for (const node of others) await world.kill(node)
  await assert.rejects(put(world, writer!, 'k', 'v'), { code: 'UNAVAILABLE' })
  assert.equal(world.holders('k').length, 0)
  world.notice()
  assert.equal((await put(world, writer!, 'k', 'v')).replicas, 1)
})

test('a put is ended when its caller leaves', async () => {
  await using world = new KvWorld(3)
  for (const node of world.nodes.slice(1)) await world.kill(node)
  const leaving = new AbortController()
  const putting = world.nodes[0]!.kv.put('k', text('v'), { signal: leaving.signal })
  const reading = world.nodes[0]!.kv.get('k', { signal: leaving.signal })
  leaving.abort(new ShoalError('CANCELLED'))
  await assert.rejects(putting, { code: 'CANCELLED' })
  await assert.rejects(reading, { code: 'CANCELLED' })
})

test('seven of sixteen nodes die at once: the value is still read at once, and has eight copies again', async () => {
  await using world = new KvWorld(16)
  const writer = world.closest('k').at(-1)!
  await put(world, writer, 'k', 'survives')
  const dead = [...world.closest('k').slice(0, 6), writer]
  for (const node of dead) await world.kill(node)
  const reader = world.closest('k').at(-2)!
  const startMs = world.clock.now()
  assert.equal(await get(world, reader, 'k'), 'survives')
  assert.ok(world.clock.now() - startMs <= 2000, 'dead nodes are not waited for')
  world.notice()
  await world.clock.advance(MINUTE)
  const alive = world.nodes.filter(({ isUp }) => isUp)
  const closest = world.closest('k', alive).slice(0, REPLICAS)
  for (const node of closest) assert.ok(keeps(node, 'k'), 'a closest node lacks it')
  // And again, all that had it at first.
  for (const node of closest.slice(0, 7)) await world.kill(node)
  world.notice()
  assert.equal(await get(world, world.nodes.find(({ isUp }) => isUp)!, 'k'), 'survives')
})

test('a node that comes gets its records within two looks; of its eight offers one is followed by the record', async () => {
  await using world = new KvWorld(10)
  for (let i = 0; i < 20; i++) await put(world, world.nodes[i % 10]!, `k${i}`, `v${i}`)
  await world.clock.advance(MINUTE)
  const stores = world.calls.storeValues ?? 0
  const comer = world.add()
  await world.clock.advance(40_000)
  const due = Array.from({ length: 20 }, (_, i) => `k${i}`).filter((key) =>
    world.closest(key).slice(0, REPLICAS).includes(comer),
  )
  assert.ok(due.length > 0)
  for (const key of due) assert.ok(keeps(comer, key), key)
  assert.ok((world.calls.storeValues ?? 0) - stores <= due.length)
  const offers = world.calls.offerValues ?? 0
  await world.clock.advance(MINUTE)
  assert.equal(world.calls.offerValues, offers, 'what is known to be there is not offered again')
})

test("a read mends stale and missing copies, the reader's own too", async () => {
  await using world = new KvWorld(10, { keepEveryMs: 24 * HOUR })
  const closest = world.closest('k')
  const [first, second, third] = closest
  const old = foreign(world, { value: text('old'), version: world.clock.now() - 1000 })
  const fresh = foreign(world, { value: text('fresh') })
  for (const node of closest.slice(0, 6)) assert.deepEqual(await sendTo(node, old), [[STORED, '']])
  assert.deepEqual(await sendTo(second!, fresh), [[STORED, '']])
  // A node outside has not asked enough when only one of six that answer first has the newest; the rest comes in time.
  await get(world, first!, 'k')
  await world.clock.advance(5000)
  const versions = versionsOf(closest.slice(0, REPLICAS), 'k')
  assert.deepEqual(new Set(versions), new Set([fresh.version]))
  assert.equal(await get(world, third!, 'k'), 'fresh')
  assert.equal(first!.kv.getDebugState().repaired, 6)
})

test('two halves that were cut apart agree again after the cut, with the newer value', async () => {
  await using world = new KvWorld(10)
  await put(world, world.nodes[0]!, 'k', 'before')
  const left = new Set(world.nodes.slice(0, 5).map(({ peerId }) => peerId))
  world.side = (peerId) => (left.has(peerId) ? 0 : 1)
  await put(world, world.nodes[1]!, 'k', 'left')
  await world.clock.advance(10_000)
  await put(world, world.nodes[6]!, 'k', 'right')
  await world.clock.advance(MINUTE)
  assert.equal(await get(world, world.nodes[2]!, 'k'), 'left')
  assert.equal(await get(world, world.nodes[7]!, 'k'), 'right')
  world.side = () => 0
  await world.clock.advance(MINUTE)
  for (const node of world.nodes) assert.equal(await get(world, node, 'k'), 'right')
  assert.equal(new Set(versionsOf(world.holders('k'), 'k')).size, 1)
  // Who lost does not renew what it wrote.
  assert.equal(world.nodes[1]!.state.values.facts('k')?.own ?? false, false)
})

test('a writer renews for as long as it runs; without it the value ends after a day', async () => {
  await using world = new KvWorld(4, { keepEveryMs: 10 * MINUTE })
  const [writer, other] = world.nodes
  const { version } = await put(world, writer!, 'k', 'lives')
  await world.clock.advance(30 * HOUR)
  const found = await world.run(other!.kv.get('k', { signal }))
  assert.equal(found.version, version, 'a renewed value is the same value')
  assert.ok(found.expiresMs > world.clock.now() + LIFETIME_MS / 2 - MINUTE)
  await world.kill(writer!)
  world.notice()
  await world.clock.advance(LIFETIME_MS)
  await assert.rejects(world.run(other!.kv.get('k', { signal })), { code: 'NOT_FOUND' })
  await world.clock.advance(20 * MINUTE)
  assert.equal(world.holders('k').length, 0)
  // The writer has its own values on disk, and goes on.
  world.restart(writer!)
  await world.clock.advance(20 * MINUTE)
  assert.equal(await get(world, other!, 'k'), 'lives')
})

test('a writer that was away does not bring back what others have replaced', async () => {
  await using world = new KvWorld(4, { keepEveryMs: 10 * MINUTE })
  const [writer, other, third] = world.nodes
  await put(world, writer!, 'k', 'old')
  await world.kill(writer!)
  await put(world, other!, 'k', 'new')
  await world.clock.advance(13 * HOUR)
  world.restart(writer!)
  await world.clock.advance(20 * MINUTE)
  for (const node of [writer!, other!, third!]) assert.equal(await get(world, node, 'k'), 'new')
})

test('forged, foreign, void, future and oversized records are refused, and good ones beside them are taken', async () => {
  await using world = new KvWorld(2)
  const [node] = world.nodes
  const now = world.clock.now()
  const forged = foreign(world)
  const cases = [
    { signed: { ...forged.signed, signature: new Uint8Array(64) } },
    { signed: { ...forged.signed, record: foreign(world, { value: text('changed') }).signed.record } },
    foreign(world, { expiresMs: now }),
    foreign(world, { expiresMs: now + LIFETIME_MS + MAX_AHEAD_MS + 1 }),
    foreign(world, { version: now + MAX_AHEAD_MS + 1 }),
    foreign(world, { value: new Uint8Array(MAX_VALUE_BYTES + 1) }),
    foreign(world, { key: 'a\nb' }),
    foreign(world, { key: 'x'.repeat(257) }),
  ]
  for (const [i, each] of cases.entries())
    assert.deepEqual(await sendTo(node!, each), [[REFUSED, 'INVALID_ARGUMENT']], `case ${i}`)
  assert.equal(world.holders('k').length, 0)
  const good = foreign(world, { key: 'good' })
  assert.deepEqual(await sendTo(node!, cases[0]!, good), [
    [REFUSED, 'INVALID_ARGUMENT'],
    [STORED, ''],
  ])
  const older = foreign(world, { key: 'good', version: now - 1 })
  assert.deepEqual(await sendTo(node!, older), [[NEWER, '']])
})

test('a liar among the closest: what it answers is checked, the others are believed', async () => {
  await using world = new KvWorld(10)
  const [liar, reader] = world.closest('k')
  await put(world, world.nodes[5]!, 'k', 'truth')
  const lies = [
    { ...foreign(world, { version: world.clock.now() + 1000 }).signed, signature: new Uint8Array(64) },
    foreign(world, { key: 'another key', version: world.clock.now() + 1000 }).signed,
    foreign(world, { version: world.clock.now() + HOUR }).signed,
    foreign(world, { version: world.clock.now() + 1000, expiresMs: world.clock.now() - 1 }).signed,
  ]
  for (const record of lies) {
    liar!.handlers = { ...liar!.kv.handlers, getValue: async () => ({ record }) as never }
    assert.equal(await get(world, reader!, 'k'), 'truth')
  }
})

test('a writer may have so much and no more; what it has can be changed', async () => {
  await using world = new KvWorld(3, { maxRecordsPerWriter: 3 })
  const [writer, node] = world.nodes
  for (const key of ['a', 'b', 'c']) await put(world, writer!, key, key)
  await assert.rejects(put(world, writer!, 'd', 'd'), { code: 'NO_SPACE' })
  assert.ok((await put(world, writer!, 'a', 'again')).replicas > 1)
  assert.ok((await put(world, node!, 'd', 'd')).replicas > 1)
  const stranger = createIdentity()
  const outcomes = await sendTo(
    node!,
    ...['w', 'x', 'y', 'z'].map((key) => foreign(world, { key }, stranger)),
  )
  assert.deepEqual(outcomes.at(-1), [REFUSED, 'NO_SPACE'])
})

test('full nodes refuse a put with NO_SPACE unless its key is closer than others', async () => {
  await using world = new KvWorld(2, { maxRecords: 5 })
  const [writer, node] = world.nodes
  const keys = Array.from({ length: 40 }, (_, i) => `k${i}`)
  for (const key of keys) await sendTo(node!, foreign(world, { key }))
  const kept = keys.filter((key) => node!.state.values.facts(key))
  assert.equal(kept.length, 5)
  const away = (key: string) => Buffer.from(node!.state.values.facts(key)!.distance)
  const farthest = kept.map(away).sort(Buffer.compare).at(-1)!
  assert.ok(farthest[0]! < 128, 'the five closest of forty are in the nearer half')
  const outcomes: string[] = []
  for (const key of keys.filter((key) => !kept.includes(key)).slice(0, 4))
    await put(world, writer!, key, 'v').catch((error: ShoalError) => outcomes.push(error.code))
  assert.deepEqual([...new Set(outcomes)], ['NO_SPACE'])
})

test('callers that send too much are refused with RATE_LIMITED', async () => {
  await using world = new KvWorld(1)
  const [node] = world.nodes
  const ask = async () => node!.handlers.getValue({ key: 'k' } as never, { peerId: 'stranger' } as never)
  await assert.rejects(
    async () => {
      for (let i = 0; i < 3000; i++) await ask()
    },
    { code: 'RATE_LIMITED' },
  )
  await world.clock.advance(1000)
  assert.deepEqual(await ask(), {})
  const records = Array.from({ length: 65 }, (_, i) => foreign(world, { key: `k${i}` }))
  await assert.rejects(sendTo(node!, ...records), { code: 'TOO_LARGE' })
})

test('a record strays when closer nodes come, and is dropped only when they have it', async () => {
  await using world = new KvWorld(8, { strayMs: MINUTE })
  await put(world, world.nodes[0]!, 'k', 'v')
  assert.equal(world.holders('k').length, 8)
  const comers = Array.from({ length: 32 }, () => world.add())
  const deaf = comers.filter((node) => world.closest('k').slice(0, REPLICAS).includes(node))[0]!
  deaf.handlers = {
    ...deaf.kv.handlers,
    offerValues: async ({ heads }) => ({ replies: heads.map(() => REFUSED) }),
  }
  await world.clock.advance(5 * MINUTE)
  const closest = world.closest('k').slice(0, REPLICAS)
  const stray = () => world.holders('k').filter((node) => !closest.includes(node))
  assert.ok(stray().length > 1, 'while one of the closest lacks it nobody lets go')
  deaf.handlers = deaf.kv.handlers
  await world.clock.advance(5 * MINUTE)
  assert.deepEqual(
    stray()
      .map(({ peerId }) => peerId)
      .filter((peerId) => peerId !== world.nodes[0]!.peerId),
    [],
  )
  for (const node of closest) assert.ok(keeps(node, 'k'))
  assert.equal(await get(world, world.nodes[3]!, 'k'), 'v')
})
