import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { test } from 'node:test'
import { seededRandom, shuffled } from '../../base/random.ts'
import { createIdentity } from '../../link/identity.ts'
import type { Exchange } from './exchange.ts'
import { K } from './options.ts'
import { peerPosition } from './peers.ts'
import { PositionIndex, positionOf } from './position.ts'
import { regionBits, regionEnd } from './regions.ts'
import { type SweepSetup, sweep } from './sweep.ts'

const REPLICAS = 10
const keyOf = (text: string) => Buffer.concat([Uint8Array.of(0x12, 0x20), hash('sha256', text, 'buffer')])
const nodes = Array.from({ length: 400 }, () => {
  const { peerId } = createIdentity()
  return { position: peerPosition(peerId), value: { peerId, addresses: [] as string[] } }
})
const network = new PositionIndex(nodes)
const keys = Array.from({ length: 3_000 }, (_, i) => keyOf(`key ${i}`))

/** A network that answers at once. `knows` of its nodes are contacts. */
function fakeSetup(knows: number) {
  const contacts = new PositionIndex(shuffled(seededRandom(1), nodes).slice(0, knows))
  const counts = { lookups: 0, streams: 0, records: 0, failures: 0 }
  const dead = new Set<string>()
  const exchange: Pick<Exchange, 'tell'> = {
    async tell(peer, frames) {
      if (dead.has(peer.peerId)) throw new Error('dead')
      counts.streams++
      counts.records += frames.length
    },
  }
  const setup: SweepSetup = {
    exchange: exchange as Exchange,
    closest: async (key) => {
      counts.lookups++
      return network.closest(positionOf(key), K)
    },
    known: (position, count) => contacts.closest(position, count),
    ...{ replicas: REPLICAS, sending: 4, recordsPerAck: 64, recordsPerStream: 2_000 },
    onFailure: () => counts.failures++,
  }
  return { setup, counts, dead }
}

const identity = createIdentity()
const self = {
  peerId: identity.peerId,
  position: peerPosition(identity.peerId),
  isServer: false,
  wire: { id: Uint8Array.of(1), addresses: [] },
}
const context = (signal = AbortSignal.timeout(30_000)) => ({
  signal,
  cost: { messages: 0, bytes: 0, asked: 0 },
})

test('in a region that a look-up covers, the closest of every key are among those found', () => {
  let covered = 0
  for (const key of keys.slice(0, 200)) {
    const target = positionOf(key)
    const found = network.closest(target, K)
    const at = found.map(({ peerId }) => peerPosition(peerId))
    const bits = regionBits(target, at, K)
    const inRegion = new Set(
      nodes
        .filter(({ position }) => regionEnd([position], 0, target, bits) === 1)
        .map(({ value }) => value.peerId),
    )
    const foundIds = new Set(found.map(({ peerId }) => peerId))
    for (const peerId of inRegion) assert.ok(foundIds.has(peerId), 'a node of the region was not found')
    covered += inRegion.size
  }
  assert.ok(covered / 200 > REPLICAS, `${covered / 200} nodes in a region`)
})

test('3,000 keys among 400 nodes take some 40 look-ups, and the closest get them', async () => {
  const { setup, counts } = fakeSetup(200)
  const done = await sweep(setup, self, keys, context())
  assert.equal(done.length, keys.length)
  assert.ok(counts.lookups < 80, `${counts.lookups} look-ups`)
  assert.equal(counts.records, keys.length * REPLICAS)
  assert.ok(counts.streams < 2_000, `${counts.streams} streams`)
  let right = 0
  for (const { key, holders } of done) {
    assert.equal(holders.length, REPLICAS)
    const closest = network.closest(positionOf(key), REPLICAS).map(({ peerId }) => peerId)
    right += closest.filter((peerId) => holders.includes(peerId)).length
  }
  const share = right / (keys.length * REPLICAS)
  assert.ok(share > 0.9, `${share} of the holders are the right ones`)
})

test('those who do not take records are told of, and are no holders', async () => {
  const { setup, counts, dead } = fakeSetup(400)
  for (const { value } of nodes.slice(0, 100)) dead.add(value.peerId)
  const done = await sweep(setup, self, keys.slice(0, 300), context())
  assert.ok(counts.failures > 0)
  assert.ok(done.every(({ holders }) => holders.every((peerId) => !dead.has(peerId))))
})

test('a server that is among the closest itself is a holder', async () => {
  const { setup } = fakeSetup(400)
  const done = await sweep(setup, { ...self, isServer: true }, keys, context())
  const own = done.filter(({ holders }) => holders.includes(self.peerId)).length
  assert.ok(own > 20 && own < 200, `${own} of 3,000 keys`)
})

test('an abort ends it with what has been done', async () => {
  const { setup } = fakeSetup(100)
  const abort = new AbortController()
  let lookups = 0
  const closest: SweepSetup['closest'] = async (key, given) => {
    if (++lookups === 5) abort.abort()
    given.signal.throwIfAborted()
    return setup.closest(key, given)
  }
  const done = await sweep({ ...setup, closest }, self, keys, context(abort.signal))
  assert.ok(done.length > 0 && done.length < keys.length)
})
