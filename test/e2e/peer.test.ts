import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { sha256Of, writeRandomFile } from '../support/files.ts'
import { newWorld } from '../support/shoal.ts'
import { until } from '../support/until.ts'

test('without any index server: fetch from a peer that was named, and copy what is shared here', async () => {
  await using world = newWorld()
  const path = join(world.folder('share'), 'plan.bin')
  const sum = writeRandomFile(path, 2_500_000)
  const owner = await world.startNode({ name: 'owner' })
  const added = await world.shoal(['add', path, '--json'], owner)
  const cid = String(added.lines[0]?.cid)
  const fetcher = await world.startNode({ name: 'fetcher', args: ['--peer', owner.ready.grpc] })

  await until('the named peer is known', async () => {
    const { lines } = await world.shoal(['peers', '--json'], fetcher)
    return lines.some((row) => row.peerId === owner.ready.peerId && row.name === 'owner') || undefined
  })
  const fetched = await world.shoal(['get', cid, '--out', join(world.root, 'got.bin'), '--json'], fetcher)
  assert.equal(fetched.code, 0, fetched.stderr)
  assert.equal(await sha256Of(join(world.root, 'got.bin')), sum)
  assert.deepEqual(fetched.lines.at(-1)?.sources, { [owner.ready.peerId]: 2_500_000 })

  const copied = await world.shoal(
    ['get', 'plan.bin', '--out', join(world.root, 'copy.bin'), '--json'],
    owner,
  )
  assert.equal(copied.code, 0, copied.stderr)
  assert.equal(await sha256Of(join(world.root, 'copy.bin')), sum)
})

test('nobody has it: exit code 3, soon', async () => {
  await using world = newWorld()
  const index = await world.startIndex()
  const node = await world.startNode({ name: 'alone', index: [index.ready.grpc] })
  const nobodys = 'bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy'
  const started = performance.now()
  const { code, lines } = await world.shoal(['get', nobodys, '--json'], node)
  assert.equal(code, 3)
  assert.equal(lines.at(-1)?.code, 'NO_PROVIDERS')
  assert.ok(performance.now() - started < 20_000)
})
