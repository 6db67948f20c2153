import assert from 'node:assert/strict'
import { test } from 'node:test'
import { pino } from 'pino'
import { newsMessage, obituary } from './news.ts'
import { SimNodes } from './testing/sim-nodes.ts'

test('twelve that are joined in a chain all know each other within 10 s, with 3 to 8 neighbours each', async () => {
  const sim = new SimNodes({}, { wire: true })
  sim.chain(12)
  assert.ok(await sim.clock.runUntil(() => sim.strangers() === 0, 10_000), `${sim.strangers()} strangers`)
  await sim.clock.run(10_000)
  const degrees = sim.nodes.map(({ membership }) => membership.neighbours().length)
  assert.ok(Math.min(...degrees) >= 3 && Math.max(...degrees) <= 8, degrees.join())
  assert.equal(sim.connected(), 12)
})

test('four killed ones are known dead everywhere within 10 s, and one gone silent within 20 s', async () => {
  const sim = new SimNodes()
  sim.chain(12)
  await sim.clock.run(20_000)
  for (const at of [2, 5, 7, 11]) sim.nodes[at]!.host.kill()
  assert.ok(await sim.clock.runUntil(() => sim.unaware() === 0, 10_000), `${sim.unaware()} unaware`)
  await sim.clock.run(5000)
  assert.equal(sim.strangers(), 0)
  sim.nodes[0]!.host.kill({ silent: true })
  assert.ok(await sim.clock.runUntil(() => sim.unaware() === 0, 20_000), `${sim.unaware()} unaware`)
  await sim.clock.run(10_000)
  assert.equal(sim.strangers(), 0)
  assert.equal(sim.connected(), 7)
})

test('heartbeats of a neighbour count as seeing it', async () => {
  const sim = new SimNodes()
  sim.chain(12)
  await sim.clock.run(600_000)
  for (const { membership } of sim.nodes)
    for (const { isNeighbour, lastSeenMs } of membership.list())
      if (isNeighbour)
        assert.ok(sim.clock.now() - lastSeenMs <= 10_000, `${sim.clock.now() - lastSeenMs} ms ago`)
})

test('a lossy network evicts nobody', async () => {
  const sim = new SimNodes({}, { latency: { loss: 0.1 } })
  sim.chain(20)
  await sim.clock.run(300_000)
  assert.equal(sim.strangers(), 0)
  assert.equal(sim.connected(), 20)
})

test('a leaf behind NAT is told so and is a neighbour like others', async () => {
  const sim = new SimNodes()
  sim.chain(12)
  await sim.clock.run(10_000)
  const leaf = sim.add([sim.nodes[3]!], { nat: true })
  await sim.clock.run(20_000)
  assert.equal(leaf.membership.record.role, 'leaf')
  assert.ok(leaf.membership.neighbours().length >= 3)
  assert.equal(leaf.membership.isInOwnZone(leaf.membership.record.point), false)
  assert.ok(sim.nodes.every((node) => node === leaf || node.membership.record.role === 'member'))
})

test('nobody thinks those behind NAT dead that begin together with the others', async () => {
  const sim = new SimNodes()
  const buried: string[] = []
  for (let i = 0; i < 60; i++) {
    const node = sim.add(sim.nodes.filter(({ host }) => !host.nat).slice(-1), { nat: i % 3 === 1 })
    node.membership.changes.on(({ peerId, state }) => state === 'dead' && buried.push(peerId))
  }
  await sim.clock.run(60_000)
  assert.deepEqual(buried, [])
  for (const { host, membership } of sim.nodes)
    assert.equal(membership.record.role, host.nat ? 'leaf' : 'member')
})

test('a member that is thought dead looks whether it can be called still', async () => {
  const sim = new SimNodes()
  sim.chain(20)
  await sim.clock.run(60_000)
  const { peerId, host, membership } = sim.nodes[5]!
  Object.assign(host, { nat: true })
  for (const neighbour of sim.nodes[15]!.membership.neighbours())
    neighbour.send(newsMessage([], [obituary(peerId, membership.record.seq)]))
  await sim.clock.run(20_000)
  assert.equal(membership.record.role, 'leaf')
  assert.equal(sim.strangers(), 0)
})

test('one who leaves is known to have left at once', async () => {
  const sim = new SimNodes()
  sim.chain(12)
  await sim.clock.run(15_000)
  let isOver = false
  void sim.nodes[4]!.membership.stop().then(() => {
    isOver = true
    sim.nodes[4]!.host.kill()
  })
  await sim.clock.runUntil(() => isOver && sim.unaware() === 0, 5000)
  assert.ok(isOver)
  assert.equal(sim.unaware(), 0)
})

test('a hundred in a chain become one network with zones of at least six', async () => {
  const sim = new SimNodes()
  sim.chain(100)
  await sim.clock.run(120_000)
  assert.equal(sim.connected(), 100)
  const zones = new Map<number, number>()
  for (const { membership } of sim.nodes)
    zones.set(membership.zone.label, (zones.get(membership.zone.label) ?? 0) + 1)
  assert.ok(zones.size >= 4 && Math.min(...zones.values()) >= 6, JSON.stringify([...zones]))
  for (const { membership } of sim.nodes)
    assert.equal(membership.zoneMates().length + 1, zones.get(membership.zone.label))
})

test('two halves that were cut off from each other for long find together again', async () => {
  const sim = new SimNodes()
  sim.chain(16)
  await sim.clock.run(20_000)
  sim.network.partition((host) => (sim.nodes.findIndex((node) => node.host === host) < 8 ? 0 : 1))
  await sim.clock.run(60_000)
  assert.ok(sim.strangers() >= 2 * 8 * 8)
  sim.network.heal()
  assert.ok(await sim.clock.runUntil(() => sim.strangers() === 0, 90_000), `${sim.strangers()} strangers`)
})

test('halves that have found together again mix their neighbours', async () => {
  const sim = new SimNodes()
  sim.chain(60)
  await sim.clock.run(60_000)
  const sideOf = new Map(sim.nodes.map(({ peerId }, i) => [peerId, i % 2]))
  sim.network.partition(({ peerId }) => sideOf.get(peerId)!)
  await sim.clock.run(60_000)
  sim.network.heal()
  await sim.clock.run(60_000)
  const links = sim.nodes.flatMap(({ peerId, membership }) =>
    membership.neighbours().map((other) => sideOf.get(peerId) !== sideOf.get(other.peerId)),
  )
  const across = links.filter(Boolean).length / links.length
  assert.ok(across > 0.1, `${across} of the links lead to the other half`)
})

test('a false obituary is refuted: everybody knows its victim again', async () => {
  const sim = new SimNodes()
  sim.chain(20)
  await sim.clock.run(20_000)
  const [liar, victim] = [sim.nodes[0]!, sim.nodes[13]!]
  const { seq } = victim.membership.record
  for (const neighbour of liar.membership.neighbours())
    neighbour.send(newsMessage([], [obituary(victim.peerId, seq)]))
  await sim.clock.run(5000)
  assert.equal(sim.strangers(), 0)
  assert.ok(victim.membership.record.seq > seq)
})

test('a node that reaches none of those it was told of says so once, and joins when one comes', async () => {
  const lines: string[] = []
  const log = pino({ level: 'warn' }, { write: (line: string) => void lines.push(line) })
  const sim = new SimNodes()
  const gone = sim.add()
  gone.host.kill()
  const alone = sim.add([gone], { log })
  await sim.clock.run(60_000)
  assert.equal(lines.length, 1, lines.join(''))
  assert.deepEqual(JSON.parse(lines[0]!).addresses, [gone.host.address])
  alone.seeds.push(sim.add().host.address)
  assert.ok(await sim.clock.runUntil(() => sim.connected() === 2, 20_000))
  assert.equal(lines.length, 1)
})
