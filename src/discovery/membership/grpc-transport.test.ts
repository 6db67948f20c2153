import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { type RealNode, startRealNode } from './testing/real-nodes.ts'

async function until(done: () => boolean, ms: number): Promise<void> {
  for (let waited = 0; !done() && waited < ms; waited += 20) await wait(20)
  assert.ok(done())
}

test('five nodes on real links find each other, notice a death and a farewell', async () => {
  const nodes: RealNode[] = []
  for (let i = 0; i < 5; i++) nodes.push(await startRealNode(nodes.slice(-1)))
  try {
    const [first, , , dead, leaver] = nodes
    await until(() => nodes.every(({ membership }) => membership.neighbours().length === 4), 10_000)
    assert.ok(nodes.every(({ membership }) => membership.list().length === 4))
    const answers: string[] = []
    first!.membership.on('cancel', ({ peerId }) => answers.push(peerId))
    await dead!.kill()
    await until(() => first!.membership.isGone(dead!.peerId), 10_000)
    await leaver!.membership.stop()
    await until(() => nodes.slice(0, 3).every(({ membership }) => membership.isGone(leaver!.peerId)), 3000)
    assert.equal(
      first!.membership.list().find(({ record }) => record.peerId === leaver!.peerId)?.state,
      'left',
    )
  } finally {
    await Promise.all(nodes.map((node) => node.close()))
  }
})
