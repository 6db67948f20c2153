import assert from 'node:assert/strict'
import { type Duplex, duplexPair } from 'node:stream'
import { test } from 'node:test'
import fc from 'fast-check'
import { ManualClock } from '../base/clock.ts'
import { seededRandom } from '../base/random.ts'
import { KNOCK_BYTES, makeKnock } from './knock.ts'
import { KnockRoom } from './knock-room.ts'
import { NetworkKey } from './network-key.ts'

const key = NetworkKey.create('home', seededRandom(1))
const TIMEOUT_MS = 5000

/** A room with what it did, and doors to it. */
function room(maxWaiting = 100) {
  const clock = new ManualClock()
  const known = new Map<Duplex, string>()
  const events: string[] = []
  const waiting = new KnockRoom({
    key,
    clock,
    timeoutMs: TIMEOUT_MS,
    maxWaiting,
    onKnock: (connection) => {
      const rest = connection.read() as Buffer | null
      events.push(`${known.get(connection)} in${rest ? ` with ${rest.toString('latin1')}` : ''}`)
    },
    onRefused: (connection) => events.push(`${known.get(connection)} out`),
  })
  return {
    waiting,
    clock,
    events,
    /** The far end of a new connection, and what came to it. */
    connect(name: string, remoteAddress = '') {
      const [near, far] = duplexPair()
      Object.assign(near, { remoteAddress })
      known.set(near, name)
      const received: Buffer[] = []
      far.on('data', (chunk: Buffer) => received.push(chunk)).on('error', () => {})
      near.on('error', () => {})
      waiting.wait(near)
      return { far, near, received }
    },
  }
}

/** Lets streams and timers of now have their turn. */
const turns = async (clock: ManualClock) => {
  for (let i = 0; i < 5; i++) await clock.advance(0)
}

test('who knocks comes in, in whatever pieces the knock and what follows arrive', async () => {
  const pieces = fc.array(fc.integer({ min: 1, max: 20 }), { maxLength: 10 })
  await fc.assert(
    fc.asyncProperty(pieces, fc.string({ unit: 'grapheme-ascii', maxLength: 40 }), async (sizes, rest) => {
      const { waiting, clock, events, connect } = room()
      const { far, received } = connect('a')
      let bytes = Buffer.concat([makeKnock(key), Buffer.from(rest, 'latin1')])
      for (const size of sizes) {
        if (bytes.length <= size) break
        far.write(bytes.subarray(0, size))
        bytes = bytes.subarray(size)
        await turns(clock)
      }
      far.write(bytes)
      await turns(clock)
      assert.equal(events.length, 1)
      assert.match(events[0]!, /^a in/)
      assert.equal(waiting.size, 0)
      assert.deepEqual(received, [], 'nothing is ever sent')
    }),
    { numRuns: 50 },
  )
})

test('bytes behind the knock stay for TLS', async () => {
  const { clock, events, connect } = room()
  connect('a').far.write(Buffer.concat([makeKnock(key), Buffer.from('hello')]))
  await turns(clock)
  assert.deepEqual(events, ['a in with hello'])
})

test('a wrong knock, an end before it and a knock that is late are shown out without a byte', async () => {
  const { waiting, clock, events, connect } = room()
  const wrong = connect('wrong')
  wrong.far.write(Buffer.alloc(KNOCK_BYTES))
  const other = connect('other')
  other.far.write(makeKnock(NetworkKey.create('work')))
  const ended = connect('ended')
  ended.far.end(makeKnock(key).subarray(0, KNOCK_BYTES - 1))
  const silent = connect('silent')
  await turns(clock)
  assert.deepEqual([...events].sort(), ['ended out', 'other out', 'wrong out'])
  assert.equal(waiting.size, 1)
  silent.far.write(makeKnock(key).subarray(0, 20))
  await clock.advance(TIMEOUT_MS - 1)
  assert.equal(waiting.size, 1)
  await clock.advance(1)
  assert.equal(events.at(-1), 'silent out')
  for (const { near, received } of [wrong, other, ended, silent]) {
    assert.ok(near.destroyed)
    assert.deepEqual(received, [])
  }
  assert.equal(waiting.size, 0)
})

test('who goes by himself leaves his place, and his timer does nothing', async () => {
  const { waiting, clock, events, connect } = room()
  connect('a').near.destroy()
  await turns(clock)
  assert.equal(waiting.size, 0)
  await clock.advance(TIMEOUT_MS)
  assert.deepEqual(events, [])
})

test('a full room loses the one that waited longest of the address with the most', async () => {
  const { waiting, clock, events, connect } = room(4)
  const member = connect('member', '10.0.0.1')
  for (let i = 0; i < 50; i++) connect(`stranger ${i}`, '10.6.6.6')
  assert.equal(waiting.size, 4)
  assert.deepEqual(events.slice(0, 2), ['stranger 0 out', 'stranger 1 out'])
  assert.equal(events.length, 47)
  member.far.write(makeKnock(key))
  await turns(clock)
  assert.equal(events.at(-1), 'member in')
})
