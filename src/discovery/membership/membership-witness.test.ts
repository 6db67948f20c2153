import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inZone, parentOf } from './point.ts'
import { type SimNode, SimNodes } from './testing/sim-nodes.ts'

/** Sixty whose tables do not hold everybody, so that what they know of far ones comes and goes. */
async function sixty(): Promise<SimNodes> {
  const sim = new SimNodes({ fullTablePeers: 24 })
  sim.chain(60)
  await sim.clock.run(60_000)
  return sim
}

const isKin = ({ membership }: SimNode, { membership: other }: SimNode) =>
  inZone(membership.record.point, parentOf(other.zone.label))

test('what a neighbour said itself is not forgotten for something older', async () => {
  const sim = await sixty()
  const links = sim.nodes.flatMap(({ membership }) =>
    membership.neighbours().map(({ peerId, record }) => membership.find(peerId)!.seq - record.seq),
  )
  const behind = links.filter((lead) => lead < 0).length
  assert.equal(behind, 0, `of ${links.length} neighbours ${behind} are known by an older record`)
})

test('a death that a single far neighbour found is believed by all, and by itself', async () => {
  const sim = await sixty()
  const pairs = sim.nodes.flatMap((witness) =>
    witness.membership.neighbours().flatMap(({ peerId }) => {
      const victim = sim.nodes.find((node) => node.peerId === peerId)!
      if (isKin(witness, victim)) return []
      const watching = new Set(victim.membership.neighbours().map((neighbour) => neighbour.peerId))
      const rest = sim.nodes.filter(
        (node) => node === witness || !(watching.has(node.peerId) || isKin(node, victim)),
      )
      const known = witness.membership.find(peerId)!.seq
      // Those who could take the witness's word for old.
      const newer = rest.filter(({ membership }) => (membership.find(peerId)?.seq ?? 0) > known).length
      return { witness, victim, rest, newer }
    }),
  )
  const { witness, victim, rest } = pairs.sort((a, b) => b.newer - a.newer)[0]!
  const states: string[] = []
  witness.membership.changes.on(({ peerId, state }) => {
    if (peerId === victim.peerId) states.push(state)
  })
  for (const node of sim.nodes) if (!rest.includes(node)) node.host.kill()
  await sim.clock.run(60_000)
  // A newer record that others still had may have interrupted the suspicion; the death is the last word, and is said once.
  assert.equal(states[0], 'suspect', states.join())
  assert.equal(states.indexOf('dead'), states.length - 1, states.join())
  assert.equal(rest.filter(({ membership }) => membership.find(victim.peerId)).length, 0)
})
