import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { writeRandomFile } from '../support/files.ts'
import { newWorld } from '../support/shoal.ts'
import { until } from '../support/until.ts'

const HEARTBEAT_MS = 2000
/** What asking and answering takes on a loaded machine, on top of the heartbeat, ms. */
const SLACK_MS = 2000
const ONLY_INDEX = ['--discovery', 'index']

test('an index server that is killed is named as failed, and known to all again within a heartbeat', async () => {
  await using world = newWorld()
  const env = { SHOAL_HEARTBEAT_MS: String(HEARTBEAT_MS) }
  const first = await world.startIndex({ env })
  const share = world.folder('share')
  writeRandomFile(join(share, 'lighthouse.bin'), 1000)
  const servers = [first.ready.grpc]
  const [owner, other] = await Promise.all([
    world.startNode({ name: 'owner', shares: [share], index: servers, args: ONLY_INDEX }),
    world.startNode({ name: 'other', index: servers, args: ONLY_INDEX }),
  ])
  const search = () => world.shoal(['search', 'lighthouse', '--json'], other)
  await until('the file is found', async () => ((await search()).code === 0 ? true : undefined))

  await first.kill()
  const failed = await search()
  assert.equal(failed.code, 3)
  const done = failed.lines.at(-1) as { via: Record<string, { error?: { code: string; message: string } }> }
  assert.equal(done.via.index?.error?.code, 'UNAVAILABLE', JSON.stringify(done))
  assert.ok(done.via.index?.error?.message.includes(first.ready.grpc), done.via.index?.error?.message)
  const people = await world.shoal(['search', 'lighthouse'], other)
  assert.match(people.stderr, /^index failed: .+/m)
  const own = await world.shoal(['search', 'lighthouse', '--json'], owner)
  assert.equal(own.code, 0, 'the own library is searched all the same')

  const port = (address: string) => address.split(':').at(-1)!
  const second = await world.startIndex({
    env,
    args: ['--grpc-port', port(first.ready.grpc), '--http-port', port(first.ready.http)],
  })
  assert.equal(second.ready.peerId, first.ready.peerId)
  const readyMs = performance.now()
  await until('both nodes are registered again', async () => {
    const answer = await fetch(`${second.ready.http}/api/v1/peers`)
    const text = await answer.text()
    return [owner, other].every(({ ready }) => text.includes(ready.peerId)) ? true : undefined
  })
  const tookMs = performance.now() - readyMs
  assert.ok(tookMs < HEARTBEAT_MS + SLACK_MS, `took ${Math.round(tookMs)} ms`)
  await until('the file is found again', async () => ((await search()).code === 0 ? true : undefined))
})

test('nodes that met at an index server find each other without it', async () => {
  await using world = newWorld()
  const index = await world.startIndex()
  const share = world.folder('share')
  writeRandomFile(join(share, 'lighthouse.bin'), 1000)
  const servers = [index.ready.grpc]
  const owner = await world.startNode({ name: 'owner', shares: [share], index: servers })
  const other = await world.startNode({ name: 'other', index: servers })
  for (const via of ['index', 'zone', 'flood']) {
    await until(`found via ${via}`, async () => {
      const { code } = await world.shoal(['search', 'lighthouse', '--via', via, '--json'], other)
      return code === 0 || undefined
    })
  }
  await index.kill()
  const { code, lines } = await world.shoal(['search', 'lighthouse', '--json'], other)
  assert.equal(code, 0)
  const hit = lines.findLast(({ event }) => event === 'hit') as { providers: { peerId: string }[] }
  assert.deepEqual(
    hit.providers.map(({ peerId }) => peerId),
    [owner.ready.peerId],
  )
})
