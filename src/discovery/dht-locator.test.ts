import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { until } from '../fabric/dht/testing/hosts.ts'
import { locatorCompliance } from './locator-compliance.ts'
import { find, findNames, findProviders, newContext } from './testing/compliance-world.ts'
import { type Addresses, type DhtNode, startDhtNode } from './testing/dht-node.ts'
import { fileEntry } from './testing/shared-set.ts'

async function startNodes(count: number): Promise<{ nodes: DhtNode[]; addresses: Addresses }> {
  const addresses: Addresses = new Map()
  const nodes: DhtNode[] = []
  for (let i = 0; i < count; i++) nodes.push(await startDhtNode(addresses, nodes[(i * 7) % (i || 1)]))
  try {
    const knowAll = () => nodes.every(({ host }) => host.dht.size() === count - 1)
    await until(knowAll, 'the nodes do not know one another')
  } catch (error) {
    await close(nodes)
    throw error
  }
  return { nodes, addresses }
}

const settled = (nodes: readonly DhtNode[]) =>
  until(() => nodes.every(({ locator }) => locator.isSettled), 'not all is told')
const close = (nodes: readonly DhtNode[]) => Promise.all(nodes.map((node) => node.close()))

locatorCompliance('DhtLocator', async (size) => {
  const { nodes } = await startNodes(size)
  const running = new Set(nodes)
  const settle = () => settled([...running])
  await settle()
  return {
    cannot: ['a prefix alone'],
    members: nodes.map((node) => {
      const stop = node.locator.stop.bind(node.locator)
      // A node that stops does not answer any more; that is all the goodbye that a DHT knows.
      node.locator.stop = async () => {
        running.delete(node)
        await stop()
        await node.kill()
      }
      return {
        ...node,
        async kill() {
          running.delete(node)
          await node.kill()
        },
      }
    }),
    settle,
    async close() {
      await Promise.all([...running].map((node) => node.close()))
    },
  }
})

describe('DhtLocator among ten', () => {
  test('when three are killed, all that the others share is found at once; files of the dead are not', async () => {
    const { nodes } = await startNodes(10)
    try {
      await Promise.all(
        nodes.map((node, i) =>
          node.share(
            Array.from({ length: 10 }, (_, j) => fileEntry(`survivors/piece${i}n${j} of everybody.bin`)),
          ),
        ),
      )
      await settled(nodes)
      assert.equal((await find(nodes[9]!, { words: 'survivors' })).size, 90)
      const dead = nodes.splice(2, 3)
      await Promise.all(dead.map((node) => node.kill()))
      const [asker] = nodes
      const hits = await find(asker!, { words: 'survivors everybody' })
      assert.equal(hits.size, 60)
      for (const i of [1, 5, 6, 7, 8, 9]) {
        const entry = fileEntry(`survivors/piece${i}n4 of everybody.bin`)
        assert.deepEqual(await findNames(asker!, { words: `piece${i}n4` }), [entry.name])
        assert.deepEqual([...(await findProviders(asker!, entry.cid)).keys()].length, 1)
      }
      assert.deepEqual(await findNames(asker!, { words: 'piece3n4' }), [])
    } finally {
      await close(nodes)
    }
  })

  test('who was there alone is found by all who come later, and when these are all that is left', async () => {
    const addresses: Addresses = new Map()
    const first = await startDhtNode(addresses, undefined)
    const nodes = [first]
    try {
      const entry = fileEntry('pioneer/lonely letter.bin')
      await first.share([entry])
      await settled(nodes)
      for (let i = 0; i < 9; i++) nodes.push(await startDhtNode(addresses, nodes[i % 3]))
      await until(() => nodes.every(({ host }) => host.dht.size() === 9), 'not all know one another')
      const told = () => first.locator.getDebugState().untold === 0 && first.locator.isSettled
      await until(told, 'the first has not told the others')
      // Those who came first and were told first go.
      await Promise.all(nodes.splice(1, 4).map((node) => node.kill()))
      for (const node of nodes.slice(1))
        assert.deepEqual(await findNames(node, { words: 'lonely' }), ['lonely letter.bin'])
    } finally {
      await close(nodes)
    }
  })

  test('one who came late finds what was told before, and what it tells is found', async () => {
    const { nodes, addresses } = await startNodes(6)
    try {
      await nodes[3]!.share([fileEntry('early/bird.bin')])
      await settled(nodes)
      const late = await startDhtNode(addresses, nodes[5])
      nodes.push(late)
      await until(() => late.host.dht.size() > 0, 'the newcomer is alone')
      assert.deepEqual(await findNames(late, { words: 'bird' }), ['bird.bin'])
      await late.share([fileEntry('late/owl.bin')])
      await settled(nodes)
      assert.deepEqual(await findNames(nodes[0]!, { words: 'owl' }), ['owl.bin'])
    } finally {
      await close(nodes)
    }
  })

  test('a search for words that everybody has says so', async () => {
    const { nodes } = await startNodes(2)
    try {
      await nodes[0]!.share([fileEntry('music/song.mp3'), fileEntry('music/1.mp3')])
      await settled(nodes)
      const context = newContext()
      assert.equal((await find(nodes[1]!, { words: 'mp3' }, context)).size, 0)
      assert.equal(context.cost.stopped, 'partial')
      assert.equal(context.cost.problems.length, 1)
      assert.deepEqual(await findNames(nodes[1]!, { words: '1 mp3' }), ['1.mp3'])
    } finally {
      await close(nodes)
    }
  })

  test('without contacts it says that it cannot search', async () => {
    const { nodes } = await startNodes(1)
    try {
      await assert.rejects(find(nodes[0]!, { words: 'anything' }), { code: 'UNAVAILABLE' })
    } finally {
      await close(nodes)
    }
  })
})
