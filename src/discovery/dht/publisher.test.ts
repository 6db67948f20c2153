import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { test } from 'node:test'
import { ManualClock } from '../../base/clock.ts'
import { Emitter } from '../../base/events.ts'
import { silentLogger } from '../../base/log.ts'
import { seededRandom } from '../../base/random.ts'
import { PositionIndex, positionOf } from '../../fabric/dht/position.ts'
import { fileEntry, SharedSet } from '../testing/shared-set.ts'
import { cidKey, wordKey } from './keys.ts'
import { DEFAULT_DHT_LOCATOR_OPTIONS, type DhtLocatorOptions } from './options.ts'
import type { LocatorDht } from './ports.ts'
import { DhtPublisher } from './publisher.ts'

const HOUR_MS = 3_600_000

/** A DHT of made-up peers that takes what it is told, and counts. */
class FakeDht implements LocatorDht {
  readonly changes = new Emitter<void>()
  readonly clock: ManualClock
  readonly peers = new Set<string>()
  /** When each key was told, hex of its digest. */
  readonly told = new Map<string, number[]>()
  readonly calls: { atMs: number; keys: number }[] = []
  readonly forgotten: string[] = []
  isRefusing = false

  constructor(clock: ManualClock, peers: number) {
    this.clock = clock
    for (let i = 0; i < peers; i++) this.peers.add(`peer ${i}`)
  }

  size(): number {
    return this.peers.size
  }

  knownClosest(key: Uint8Array, count: number) {
    const items = [...this.peers].map((value) => ({ position: hash('sha256', value, 'buffer'), value }))
    return new PositionIndex(items)
      .closest(positionOf(key), count)
      .map((peerId) => ({ peerId, addresses: [] }))
  }

  async provide(keys: readonly Uint8Array[]) {
    this.calls.push({ atMs: this.clock.monotonic(), keys: keys.length })
    return keys.map((key) => {
      const name = Buffer.from(key.subarray(2)).toString('hex')
      if (!this.isRefusing) this.told.set(name, [...(this.told.get(name) ?? []), this.clock.monotonic()])
      const holders = this.isRefusing ? [] : this.knownClosest(key, 10).map(({ peerId }) => peerId)
      return { key, holders }
    })
  }

  // biome-ignore lint/correctness/useYield: nobody provides anything here
  async *providers(): AsyncGenerator<never, number, undefined> {
    return 0
  }

  forget(keys: readonly Uint8Array[]): void {
    for (const key of keys) this.forgotten.push(Buffer.from(key.subarray(2)).toString('hex'))
  }
}

function setUp(peers: number, options: Partial<DhtLocatorOptions> = {}) {
  const clock = new ManualClock()
  const dht = new FakeDht(clock, peers)
  const source = new SharedSet()
  const start = () =>
    new DhtPublisher({
      ...{ dht, source, clock, random: seededRandom(1), log: silentLogger },
      options: { ...DEFAULT_DHT_LOCATOR_OPTIONS, ...options },
    })
  return { clock, dht, source, start }
}

test('10,000 files are told in small batches, and each again within its period, with little to do at any time', async () => {
  const { clock, dht, source, start } = setUp(3)
  source.set(
    Array.from({ length: 10_000 }, (_, i) => fileEntry(`shelf/${i % 100}th/number${i} piece${i % 777}.bin`)),
  )
  const publisher = start()
  await clock.advance(60_000)
  const keys = dht.told.size
  assert.ok(keys > 20_000 && publisher.isSettled, `${keys} keys`)
  assert.ok(dht.calls.every((call) => call.keys <= 1_000))
  for (let i = 1; i < dht.calls.length; i++) assert.ok(dht.calls[i]!.atMs - dht.calls[i - 1]!.atMs >= 250)
  dht.calls.length = 0
  await clock.advance(33.5 * HOUR_MS)
  const warmMs = clock.monotonic()
  await clock.advance(44 * HOUR_MS)
  publisher.stop()
  for (const times of dht.told.values()) {
    for (let i = 1; i < times.length; i++) assert.ok(times[i]! - times[i - 1]! <= 33.3 * HOUR_MS)
    const steady = times.filter((atMs) => atMs >= warmMs)
    assert.equal(steady.length, 2, 'two periods, two renewals')
    assert.ok(Math.abs(steady[1]! - steady[0]! - 22 * HOUR_MS) <= 0.3 * HOUR_MS)
  }
  const turns = dht.calls.filter(({ atMs }) => atMs >= warmMs)
  assert.ok(turns.length <= 205, `${turns.length} turns in two periods`)
  const most = Math.max(...turns.map((turn) => turn.keys))
  assert.ok(most < (1.3 * keys) / 100, `${most} of ${keys} keys in one turn`)
})

test('who is alone tells nobody, and everything as soon as somebody comes', async () => {
  const { clock, dht, source, start } = setUp(0)
  source.set([fileEntry('a/lonely.bin')])
  const publisher = start()
  await clock.advance(HOUR_MS)
  assert.equal(dht.calls.length, 0)
  assert.ok(publisher.isSettled)
  dht.peers.add('somebody')
  dht.changes.emit()
  await clock.advance(10_000)
  assert.ok(dht.told.has(wordKey('lonely')))
  publisher.stop()
})

test('a network that grows from one to ten is told again, and once; so is one whose holders die; one newcomer is not', async () => {
  const { clock, dht, source, start } = setUp(1)
  const entry = fileEntry('growth/file.bin')
  source.set([entry])
  const publisher = start()
  const times = () => dht.told.get(cidKey(entry.cid))!.length
  const change = async (peers: string[]) => {
    dht.peers.clear()
    for (const peer of peers) dht.peers.add(peer)
    dht.changes.emit()
    await clock.advance(10_000)
  }
  const peers = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => `peer ${from + i}`)
  await clock.advance(10_000)
  assert.equal(times(), 1)
  await change(peers(0, 10))
  assert.equal(times(), 2, 'it has grown')
  await change(peers(3, 10))
  assert.equal(times(), 2, 'all of those who are left have it')
  await change(peers(3, 11))
  assert.equal(times(), 2, 'one newcomer')
  await change(peers(7, 17))
  assert.equal(times(), 3, 'most of those who have it are gone')
  publisher.stop()
})

test('what is new is told at once; what is withdrawn is not told again', async () => {
  const { clock, dht, source, start } = setUp(5)
  const [stays, goes, comes] = [
    fileEntry('set/stays.bin'),
    fileEntry('set/goes.bin'),
    fileEntry('set/comes.bin'),
  ]
  source.set([stays, goes])
  const publisher = start()
  await clock.advance(10_000)
  source.set([stays, comes])
  publisher.removed()
  publisher.add([comes])
  await clock.advance(3_000)
  assert.ok(dht.told.has(wordKey('comes')) && dht.told.has(cidKey(comes.cid)))
  await clock.advance(40 * HOUR_MS)
  assert.ok(dht.forgotten.includes(wordKey('goes')) && dht.forgotten.includes(cidKey(goes.cid)))
  assert.ok(!dht.forgotten.includes(wordKey('set')))
  assert.equal(dht.told.get(wordKey('goes'))!.length, 1)
  assert.ok(dht.told.get(wordKey('stays'))!.length >= 2)
  assert.ok(dht.told.get(wordKey('set'))!.length >= 2)
  publisher.stop()
})

test('a change that was not announced is taken in with the next count', async () => {
  const { clock, dht, source, start } = setUp(5)
  source.set([fileEntry('one.bin')])
  const publisher = start()
  await clock.advance(10_000)
  source.set([fileEntry('one.bin'), fileEntry('unannounced.bin')])
  publisher.removed()
  await clock.advance(70_000)
  assert.ok(dht.told.has(wordKey('unannounced')))
  publisher.stop()
})

test('refused records are tried again, less and less often, and a stop ends everything', async () => {
  const { clock, dht, source, start } = setUp(5)
  dht.isRefusing = true
  source.set([fileEntry('refused.bin')])
  const publisher = start()
  await clock.advance(10 * 60_000)
  assert.ok(dht.calls.length >= 4 && dht.calls.length <= 12, `${dht.calls.length} tries`)
  dht.isRefusing = false
  await clock.advance(5 * 60_000)
  assert.ok(dht.told.has(wordKey('refused')) && publisher.isSettled)
  publisher.stop()
  dht.calls.length = 0
  await clock.advance(50 * HOUR_MS)
  assert.equal(dht.calls.length, 0)
})
