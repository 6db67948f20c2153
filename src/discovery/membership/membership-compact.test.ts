import assert from 'node:assert/strict'
import { test } from 'node:test'
import { seededRandom, shuffled } from '../../base/random.ts'
import { newsMessage, obituary } from './news.ts'
import { inZone } from './point.ts'
import { type SimNode, SimNodes } from './testing/sim-nodes.ts'

/** So few that none of these networks fits into a node's table. */
const FULL_TABLE = { fullTablePeers: 24 }
const MIN_ZONE = 6
/** Contacts that each node should have in every other zone. */
const CONTACTS = 3

/** Living nodes by the zone in which each believes to be. */
function zonesOf(sim: SimNodes): Map<number, SimNode[]> {
  return Map.groupBy(sim.alive(), ({ membership }) => membership.zone.label)
}

function sizesOf(sim: SimNodes): string {
  return JSON.stringify([...zonesOf(sim)].map(([label, nodes]) => [label, nodes.length]))
}

/** Everybody in the range of a zone is in it and they know each other; no zone is small, unless it is the whole network. */
function agree(sim: SimNodes): boolean {
  const zones = zonesOf(sim)
  const alive = sim.alive()
  return [...zones].every(([label, nodes]) => {
    if (nodes.length < MIN_ZONE && zones.size > 1) return false
    if (alive.filter(({ membership }) => inZone(membership.record.point, label)).length !== nodes.length)
      return false
    return nodes.every(({ membership }) => {
      const mates = new Set(membership.zoneMates().map(({ peerId }) => peerId))
      return (
        mates.size === nodes.length - 1 &&
        nodes.every((b) => b.membership === membership || mates.has(b.peerId))
      )
    })
  })
}

test('a hundred with small tables are one network, and each knows its zone and some of each other', async () => {
  const sim = new SimNodes(FULL_TABLE)
  sim.chain(100)
  await sim.clock.run(120_000)
  assert.equal(sim.connected(), 100)
  const zones = zonesOf(sim)
  assert.ok(zones.size >= 4 && agree(sim), sizesOf(sim))
  for (const { peerId, membership } of sim.nodes) {
    assert.equal(membership.getDebugState().knowsAll, false)
    const alive = membership.list().filter(({ state }) => state === 'alive')
    assert.ok(alive.length < 90, `${peerId} knows ${alive.length}`)
    const others = [...zones.keys()].filter((label) => label !== membership.zone.label)
    const known = others.filter(
      (label) => alive.filter(({ record }) => inZone(record.point, label)).length >= CONTACTS,
    )
    assert.ok(known.length >= 0.95 * others.length, `${peerId}: ${known.length} of ${others.length}`)
  }
})

test('a false obituary of a leaf that most tables do not keep goes round once', async () => {
  const sim = new SimNodes(FULL_TABLE)
  sim.chain(120)
  await sim.clock.run(60_000)
  const leaf = sim.add(sim.nodes.slice(0, 1), { nat: true })
  await sim.clock.run(30_000)
  const news = () => sim.network.sent.get('Connect:news') ?? 0
  const during = async (ms: number) => {
    const before = news()
    await sim.clock.run(ms)
    return news() - before
  }
  const usual = await during(10_000)
  const { peerId, membership } = leaf
  for (const { membership: liar } of sim.nodes.slice(0, 3))
    for (const neighbour of liar.neighbours())
      neighbour.send(newsMessage([], [obituary(peerId, membership.record.seq)]))
  await sim.clock.run(10_000)
  const later = await during(10_000)
  assert.ok(later <= 1.5 * usual, `${usual} messages before, ${later} later`)
})

/** Looks once a second of virtual time, for what is dear to find out. */
async function within(sim: SimNodes, seconds: number, done: () => boolean): Promise<boolean> {
  for (let i = 0; i < seconds && !done(); i++) await sim.clock.run(1000)
  return done()
}

const byPoint = (nodes: readonly SimNode[]) =>
  [...nodes].sort((a, b) => a.membership.record.point - b.membership.record.point)

/** Which of sixty are left. */
const survivors: Record<string, (nodes: readonly SimNode[]) => SimNode[]> = {
  'any twenty': (nodes) => shuffled(seededRandom(5), nodes).slice(0, 20),
  'twenty side by side': (nodes) => byPoint(nodes).slice(40),
}

for (const [who, choose] of Object.entries(survivors))
  test(`of sixty in several zones forty are killed: ${who} agree on zones again within two minutes`, async () => {
    const sim = new SimNodes(FULL_TABLE)
    sim.chain(60)
    await sim.clock.run(60_000)
    assert.ok(zonesOf(sim).size >= 4 && agree(sim), sizesOf(sim))
    const left = new Set(choose(sim.nodes))
    assert.equal(left.size, 20)
    for (const node of sim.nodes) if (!left.has(node)) node.host.kill()
    assert.ok(await within(sim, 120, () => agree(sim)), sizesOf(sim))
    await sim.clock.run(30_000)
    assert.ok(agree(sim), `later: ${sizesOf(sim)}`)
    assert.equal(sim.connected(), 20)
  })
