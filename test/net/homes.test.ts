// Nodes in two homes behind NAT, with nothing between them but one public node that relays.
import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { CommandResult, ShoalProcess } from '../support/process.ts'
import { newWorld } from '../support/shoal.ts'
import { until } from '../support/until.ts'
import { makeHomes, SERVER_IP, whyNoHomes } from './homes.ts'

const MIB = 1024 * 1024
/** Everybody listens where others could reach it if there were a way. */
const OPEN = ['--grpc-host', '0.0.0.0']
const skip = whyNoHomes() ?? false

/** A check of `shoal doctor --json`. */
interface Said {
  readonly status: string
  readonly detail: string
  readonly fix: string
}

test('two homes behind NAT: found, searched and fetched through the relay of one public node', {
  skip,
}, async (t) => {
  using homes = makeHomes()
  await using world = newWorld()
  const server = await world.startNode({
    name: 'server',
    args: [...OPEN, '--relay'],
    inside: homes.at('server'),
  })
  const peer = ['--peer', `${SERVER_IP}:${server.ready.grpc.split(':')[1]}`]
  const share = world.folder('share')
  const content = randomBytes(100 * MIB)
  const name = 'lighthouse over the bay.bin'
  writeFileSync(join(share, name), content)
  const sha256 = createHash('sha256').update(content).digest('hex')
  const owner = await world.startNode({
    name: 'owner',
    env: { SHOAL_MDNS: 'true' },
    shares: [share],
    args: [...OPEN, ...peer],
    inside: homes.at('home1a'),
  })
  const seeker = await world.startNode({
    name: 'seeker',
    args: [...OPEN, ...peer],
    inside: homes.at('home2a'),
  })
  const rows = async (node: ShoalProcess) => (await world.shoal(['peers', '--json'], node)).lines
  const search = (node: ShoalProcess, ...args: string[]) => world.shoal(['search', ...args, '--json'], node)
  const hitOf = ({ lines }: CommandResult) => lines.find((line) => line.event === 'hit' && line.name === name)

  for (const via of ['zone', 'flood', 'dht']) {
    await t.test(`found by words via ${via}`, async () => {
      const look = async () => hitOf(await search(seeker, 'lighthouse', '--via', via))
      await until(`a hit via ${via}`, look, 60_000)
    })
  }

  await t.test('100 MiB come through the relay, whole', async () => {
    const out = join(world.folder('got'), 'got.bin')
    const { code, lines, stderr } = await world.shoal(['get', name, '--out', out, '--json'], seeker)
    assert.equal(code, 0, stderr)
    assert.equal(createHash('sha256').update(readFileSync(out)).digest('hex'), sha256)
    const done = lines.at(-1) as { sources: Record<string, number> }
    assert.deepEqual(done.sources, { [owner.ready.peerId]: content.length })
  })

  await t.test(
    'each is told that the road to the other is relayed, and that to the server is not',
    async () => {
      const roads = new Map((await rows(seeker)).map(({ peerId, road }) => [peerId, road]))
      assert.equal(roads.get(owner.ready.peerId), 'relayed')
      assert.equal(roads.get(server.ready.peerId), 'direct')
    },
  )

  await t.test('shoal doctor says in a home that no router helps, and which relay does', async () => {
    const checks = async () => {
      const { lines } = await world.shoal(['doctor', '--json'], owner)
      return new Map(lines.map(({ id, ...check }) => [id, check as unknown as Said]))
    }
    const decided = async () => {
      const all = await checks()
      return all.get('upnp')?.status !== 'skipped' ? all : undefined
    }
    const said = await until('the search for a router has ended', decided, 60_000)
    const { status, detail, fix } = said.get('upnp')!
    assert.equal(status, 'warn', detail)
    assert.match(detail, /No router answered/)
    assert.match(fix, new RegExp(`forward the TCP ports ${owner.ready.grpc.split(':')[1]}`))
    assert.equal(said.get('reachability')?.status, 'warn')
    assert.equal(said.get('relay')?.status, 'ok')
    assert.match(said.get('relay')!.detail, new RegExp(server.ready.peerId))
    const [glance] = (await world.shoal(['status', '--json'], owner)).lines
    assert.equal(glance?.reachability, 'private')
    assert.deepEqual(glance?.relay, { reservations: [server.ready.peerId], serving: null })
  })

  await t.test(
    'somebody in the same home finds it without being told of anybody, and reaches it directly',
    async () => {
      const env = { SHOAL_MDNS: 'true' }
      const guest = await world.startNode({ name: 'guest', args: OPEN, env, inside: homes.at('home1b') })
      await until('a hit on the local network', async () => hitOf(await search(guest, 'lighthouse')), 60_000)
      // At first through libp2p, which found it; then directly, once its gRPC address is known.
      const direct = async () =>
        (await rows(guest)).find(({ peerId, road }) => peerId === owner.ready.peerId && road === 'direct')
      const row = await until('a direct road on the local network', direct)
      assert.match(String(row.addr), /^192\.168\.1\.10:/)
    },
  )

  await t.test('the relay goes away and comes back, and so does the road', async () => {
    const port = server.ready.grpc.split(':')[1]!
    const p2p = server.ready.p2p.find((address) => address.includes(SERVER_IP) && !address.includes('/ws'))!
    await server.kill()
    const ports = ['--grpc-port', port, '--p2p-port', p2p.split('/')[4]!]
    await world.startNode({
      name: 'server',
      args: [...OPEN, '--relay', ...ports],
      inside: homes.at('server'),
    })
    const out = join(world.folder('again'), 'again.bin')
    const get = async () => {
      const { code } = await world.shoal(['get', name, '--out', out, '--json'], seeker)
      return code === 0 || undefined
    }
    await until('the file again', get, 90_000)
    assert.equal(createHash('sha256').update(readFileSync(out)).digest('hex'), sha256)
  })
})
