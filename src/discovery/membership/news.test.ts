import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { SimNetwork } from '../../../lab/sim/network.ts'
import { VirtualClock } from '../../../lab/sim/virtual-clock.ts'
import { seededRandom } from '../../base/random.ts'
import type { NeighbourMessage } from '../../contract/gen/shoal/v1/neighbour_pb.ts'
import { News, newsMessage, obituary } from './news.ts'
import { type BareNode, bareNode } from './testing/bare-neighbours.ts'
import { SimNodes } from './testing/sim-nodes.ts'

/** What a neighbour may claim at once, and how many more a second. */
const BURST = 500
const PER_S = 20

test('of a flood of obituaries from one neighbour only so many are looked at', async () => {
  const sim = new SimNodes()
  sim.chain(12)
  await sim.clock.run(20_000)
  const liar = sim.nodes[0]!
  const link = liar.membership.neighbours()[0]!
  const victim = sim.nodes.find(({ peerId }) => peerId === link.peerId)!
  const strangers = Array.from({ length: 5000 }, (_, i) => `nobody ${i}`)
  const believed = () => strangers.filter((peerId) => victim.membership.isGone(peerId)).length
  const tell = (from: number, to: number) =>
    link.send(
      newsMessage(
        [],
        strangers.slice(from, to).map((peerId) => obituary(peerId, 1)),
      ),
    )

  for (let i = 0; i < 3000; i += 1000) tell(i, i + 1000)
  await sim.clock.run(1000)
  const atOnce = believed()
  assert.ok(atOnce >= BURST / 2 && atOnce <= BURST + PER_S, `${atOnce} at once`)

  await sim.clock.run(10_000)
  assert.equal(believed(), atOnce)
  for (let i = 3000; i < 5000; i += 1000) tell(i, i + 1000)
  await sim.clock.run(1000)
  const later = believed() - atOnce
  assert.ok(later >= 10 * PER_S - PER_S && later <= 12 * PER_S, `${later} after ten seconds`)
  assert.equal(sim.strangers(), 0, 'those who live are known')
})

test('news are gathered and told once to each neighbour, but not to the one from whom they came', () => {
  const clock = new VirtualClock()
  const heard = new Map<string, NeighbourMessage[]>(['a', 'b', 'c'].map((peerId) => [peerId, []]))
  const readers = [...heard].map(([peerId, messages]) => ({
    peerId,
    send: (message: NeighbourMessage) => messages.push(message) > 0,
  }))
  const news = new News(clock, 200, () => readers)
  for (let i = 0; i < 1500; i++) news.add({ dead: obituary(`p${i}`, 1), from: 'a' })
  news.add({ dead: obituary('own', 1), from: undefined })
  news.flush()
  const dead = (peerId: string) =>
    heard
      .get(peerId)!
      .map(({ message }) => (message.case === 'news' ? message.value.dead.map((one) => one.peerId) : []))
  assert.deepEqual(dead('a'), [['own']])
  assert.deepEqual(
    dead('b').map(({ length }) => length),
    [1000, 501],
  )
  assert.deepEqual(dead('c'), dead('b'))
  assert.equal(new Set(dead('b').flat()).size, 1501)
  news.flush()
  assert.equal(heard.get('a')!.length, 1)
})

function newNetwork(seed = 1): { clock: VirtualClock; network: SimNetwork } {
  const clock = new VirtualClock()
  return { clock, network: new SimNetwork({ clock, random: seededRandom(seed) }) }
}

test('two that dial each other at once end with one stream, the same on both sides', async () => {
  let both = 0
  await fc.assert(
    fc.asyncProperty(fc.nat(1000), fc.integer({ min: -150, max: 150 }), async (seed, offsetMs) => {
      const { clock, network } = newNetwork(seed)
      const [a, b] = [bareNode(network, 2 * seed), bareNode(network, 2 * seed + 1)]
      clock.schedule(() => void a.neighbours.dial(b.record), 200)
      clock.schedule(() => void b.neighbours.dial(a.record), 200 + offsetMs)
      await clock.run(10_000)
      if (a.opened() > 0 && b.opened() > 0) both++
      for (const [one, other] of [
        [a, b],
        [b, a],
      ] as const) {
        assert.deepEqual(
          one.neighbours.list.map(({ peerId }) => peerId),
          [other.record.peerId],
        )
        assert.equal(one.streams.size, 1)
      }
      const opener = a.neighbours.list[0]!.opener
      assert.equal(b.neighbours.list[0]!.opener, opener)
      // What one says the other hears: the stream that is left is the same.
      a.neighbours.beat()
      await clock.run(2000)
      assert.ok(a.neighbours.list[0]!.latencyMs !== undefined)
    }),
    { numRuns: 60, seed: 1 },
  )
  assert.ok(both > 20, `only ${both} crossed`)
})

/** A node with eight neighbours, who are neighbours of each other in a ring of `width` to either side. */
async function fullNode(
  width: number,
): Promise<{ clock: VirtualClock; hub: BareNode; others: BareNode[]; next: BareNode }> {
  const { clock, network } = newNetwork()
  const [hub, next, ...others] = Array.from({ length: 10 }, (_, i) => bareNode(network, i)) as [
    BareNode,
    BareNode,
    ...BareNode[],
  ]
  for (const [i, other] of others.entries()) {
    await join(clock, other, hub)
    for (let step = 1; step <= width; step++) await join(clock, other, others[(i + step) % others.length]!)
  }
  for (const node of others) node.neighbours.beat()
  await clock.run(2000)
  assert.equal(hub.neighbours.degree, 8)
  return { clock, hub, others, next }
}

async function join(clock: VirtualClock, from: BareNode, to: BareNode): Promise<void> {
  void from.neighbours.dial(to.record)
  await clock.run(2000)
}

test('a full node makes room for one who has too few neighbours, and the one it drops has enough', async () => {
  const { clock, hub, others, next } = await fullNode(2)
  await join(clock, next, hub)
  assert.equal(next.neighbours.degree, 1)
  assert.equal(hub.neighbours.degree, 8)
  assert.ok(hub.neighbours.get(next.record.peerId))
  const dropped = others.filter(({ record }) => !hub.neighbours.get(record.peerId))
  assert.equal(dropped.length, 1)
  assert.deepEqual(dropped[0]!.downs, [{ peerId: hub.record.peerId, ending: 'goodbye' }])
  assert.equal(dropped[0]!.neighbours.degree, 4)
  assert.equal(dropped[0]!.streams.size, 4)
})

test('a full node refuses one who has enough neighbours, and tells it of others', async () => {
  const { clock, hub, others, next } = await fullNode(2)
  for (const other of others.slice(0, 3)) await join(clock, next, other)
  assert.equal(next.neighbours.degree, 3)
  await join(clock, next, hub)
  assert.equal(next.neighbours.degree, 3)
  assert.equal(hub.neighbours.get(next.record.peerId), undefined)
  assert.deepEqual(new Set(next.refusals), new Set([hub.record.peerId]))
  assert.deepEqual(next.told, [8])
  assert.ok(hub.downs.length === 0 && hub.streams.size === 8)
})

test('a full node whose neighbours have no more than they need drops none of them', async () => {
  const { clock, hub, next } = await fullNode(1)
  await join(clock, next, hub)
  assert.equal(next.neighbours.degree, 0)
  assert.deepEqual(new Set(next.refusals), new Set([hub.record.peerId]))
  assert.equal(hub.neighbours.degree, 8)
  assert.deepEqual(hub.downs, [])
})
