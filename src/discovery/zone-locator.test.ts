import assert from 'node:assert/strict'
import { sleep, systemClock } from '../base/clock.ts'
import { locatorCompliance } from './locator-compliance.ts'
import { startZoneNode, type ZoneNode } from './testing/zone-node.ts'

/** Long enough for a machine with much other work. */
const PATIENCE_MS = 60_000

async function until(done: () => boolean, what: string): Promise<void> {
  const patience = AbortSignal.timeout(PATIENCE_MS)
  while (!done()) {
    if (patience.aborted) assert.fail(what)
    await sleep(systemClock, 5)
  }
}

locatorCompliance('ZoneLocator', async (size) => {
  const nodes: ZoneNode[] = []
  for (let i = 0; i < size; i++) nodes.push(await startZoneNode(nodes.map(({ address }) => address)))
  const ended = new Set<string>()
  const running = () => nodes.filter(({ peerId }) => !ended.has(peerId))
  const settle = () =>
    until(
      () => running().every(({ locator }) => locator.isSettled),
      'what was shared is not told to all members',
    )
  await until(
    () =>
      nodes.every(
        ({ membership, locator }) =>
          membership.zoneMates().length === size - 1 && locator.getDebugState().complete === true,
      ),
    'the zone has not come together',
  )
  await settle()
  return {
    members: nodes.map((node) => {
      const stop = node.locator.stop.bind(node.locator)
      // A node's membership says that it leaves.
      node.locator.stop = async () => {
        ended.add(node.peerId)
        await stop()
        await node.membership.stop()
        await until(
          () => running().every(({ membership }) => membership.isGone(node.peerId)),
          'the others do not know that it left',
        )
      }
      return {
        ...node,
        async kill() {
          ended.add(node.peerId)
          await node.kill()
          await until(
            () => running().every(({ membership }) => membership.isGone(node.peerId)),
            'the killed node is still believed alive',
          )
        },
      }
    }),
    settle,
    async close() {
      await Promise.all(nodes.map((node) => node.close()))
    },
  }
})
