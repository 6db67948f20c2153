import assert from 'node:assert/strict'
import { sleep, systemClock } from '../base/clock.ts'
import { locatorCompliance } from './locator-compliance.ts'
import { type FloodNode, startFloodNode } from './testing/flood-node.ts'

interface Told {
  readonly filter: { readonly version: string; readonly isCurrent: boolean }
  readonly neighbours: Readonly<Record<string, string>>
}

const PATIENCE_MS = 20_000

/** Whether each node has the newest filter of each other that it still sees. */
function areFiltersTold(nodes: readonly FloodNode[], ended: ReadonlySet<string>): boolean {
  const states = new Map(
    nodes.map(({ peerId, locator }) => [peerId, locator.getDebugState() as unknown as Told]),
  )
  const running = [...states].filter(([peerId]) => !ended.has(peerId))
  return running.every(
    ([peerId, { filter }]) =>
      filter.isCurrent &&
      running.every(([other, { neighbours }]) => other === peerId || neighbours[peerId] === filter.version),
  )
}

async function until(done: () => boolean, what: string): Promise<void> {
  const patience = AbortSignal.timeout(PATIENCE_MS)
  while (!done()) {
    if (patience.aborted) assert.fail(what)
    await sleep(systemClock, 5)
  }
}

locatorCompliance('FloodLocator', async (size) => {
  const nodes: FloodNode[] = []
  for (let i = 0; i < size; i++) nodes.push(await startFloodNode(nodes.map(({ address }) => address)))
  const ended = new Set<string>()
  const settle = () => until(() => areFiltersTold(nodes, ended), 'the filters are not told')
  await settle()
  return {
    members: nodes.map((node) => {
      const stop = node.locator.stop.bind(node.locator)
      node.locator.stop = () => {
        ended.add(node.peerId)
        return stop()
      }
      return {
        ...node,
        async kill() {
          ended.add(node.peerId)
          await node.kill()
          const others = nodes.filter(({ peerId }) => !ended.has(peerId))
          const isSeen = () =>
            others.some(({ membership }) =>
              membership.neighbours().some(({ peerId }) => peerId === node.peerId),
            )
          await until(() => !isSeen(), 'the killed node is still a neighbour')
        },
      }
    }),
    settle,
    async close() {
      await Promise.all(nodes.map((node) => node.close()))
    },
  }
})
