// Members of a private network in two homes behind NATs that keep ports: they meet at a relay and do without it from then on.
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { NetworkKey } from '../../src/link/network-key.ts'
import { sha256Of } from '../support/files.ts'
import type { ShoalProcess } from '../support/process.ts'
import { newWorld } from '../support/shoal.ts'
import { until } from '../support/until.ts'
import { makeHomes, SERVER_IP, whyNoHomes } from './homes.ts'

const MIB = 1024 * 1024
const OPEN = ['--grpc-host', '0.0.0.0']
const skip = whyNoHomes() ?? false

test('two homes behind NAT punch a hole: a transfer goes over to the straight road and goes on when the relay dies', {
  skip,
}, async () => {
  using homes = makeHomes({ ports: 'kept' })
  await using world = newWorld()
  const env = { SHOAL_NETWORK: NetworkKey.create('home').text() }
  const server = await world.startNode({
    name: 'server',
    env,
    args: [...OPEN, '--relay'],
    inside: homes.at('server'),
  })
  const peer = ['--peer', `${SERVER_IP}:${server.ready.grpc.split(':')[1]}`]
  const share = world.folder('share')
  const name = 'driftwood.bin'
  writeFileSync(join(share, name), randomBytes(200 * MIB))
  const start = (who: string, shares: string[]) =>
    world.startNode({
      ...{ name: who, shares, env },
      args: [...OPEN, ...peer],
      inside: homes.at(who === 'owner' ? 'home1a' : 'home2a'),
    })
  const owner = await start('owner', [share])
  const seeker = await start('seeker', [])
  const roadTo = async (node: ShoalProcess, other: ShoalProcess) => {
    const { lines } = await world.shoal(['peers', '--json'], node)
    return lines.find(({ peerId }) => peerId === other.ready.peerId)?.road
  }
  const search = async () =>
    (await world.shoal(['search', 'driftwood', '--json'], seeker)).lines.find(({ event }) => event === 'hit')
  await until('a hit', search, 60_000)

  const out = join(world.root, 'got.bin')
  const get = world.command(['get', name, '--out', out, '--json'], seeker)
  for await (const { event, bytes } of get.lines) if (event === 'progress' && Number(bytes) > 0) break
  const isStraight = async () => (await roadTo(seeker, owner)) === 'tunnel' || undefined
  await until('a straight road', isStraight, 60_000)
  await server.kill()
  const { code, lines, stderr } = await get.result
  assert.equal(code, 0, stderr)
  assert.equal(await sha256Of(out), await sha256Of(join(share, name)))

  const again = ['get', String(lines.at(-1)?.cid), '--out', join(world.root, 'again.bin'), '--json']
  const second = await world.shoal(again, seeker)
  assert.equal(second.code, 0, second.stderr)
  assert.equal(await roadTo(owner, seeker), 'tunnel')
  // A hole that both have punched does not make a node one that others can connect to.
  const [status] = (await world.shoal(['status', '--json'], owner)).lines
  assert.notEqual(status?.reachability, 'public')
})
