import assert from 'node:assert/strict'
import { hash, randomBytes } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { MIB } from '../../src/base/units.ts'
import type { ShoalProcess } from '../support/process.ts'
import { newWorld, type World } from '../support/shoal.ts'
import { until } from '../support/until.ts'

/** With people's times and all files, which the promise is for; or with shorter times and fewer files, which show the same. */
const BIG = process.env.SHOAL_E2E_BIG === '1'
const FILES = BIG ? 20 : 6
const SIZE = 5 * MIB
const REPLICAS = 3
/** The promise: so long after the loss everything is there again, ms. */
const HEALED_MS = 60_000
const TIMES: Record<string, string> = BIG
  ? {}
  : { SHOAL_REPLICA_CHECK_MS: '3000', SHOAL_REPLICA_GRACE_MS: '15000' }

interface Kept {
  readonly cid: string
  readonly state: string
  readonly path?: string
}

test('the owner leaves and two of seven holders are killed: within a minute there are three copies of each file again', async (t) => {
  await using world = newWorld()
  const [owner, ...others] = await startNodes(world, 8)
  const folder = world.folder('files')
  const sha256s = new Map<string, string>()
  for (let i = 0; i < FILES; i++) {
    const bytes = randomBytes(SIZE)
    writeFileSync(join(folder, `file-${i}.bin`), bytes)
    const body = { path: join(folder, `file-${i}.bin`), replicas: REPLICAS }
    const { cid } = await call<{ cid: string }>(owner!, 'POST', '/api/v1/replicas', body)
    sha256s.set(cid, hash('sha256', bytes))
  }
  const isWhole = (now: Map<string, number>) => [...sha256s.keys()].every((cid) => now.get(cid) === REPLICAS)
  await until('everything is kept three times', async () =>
    isWhole(await copies(others)) ? true : undefined,
  )

  const doomed = others.slice(0, 2)
  const left = others.slice(2)
  const lost = (await Promise.all(doomed.map(kept))).flat().length * SIZE
  const before = await sent(left)
  await Promise.all([owner!.stop(), ...doomed.map((node) => node.kill())])
  const startMs = Date.now()
  let most = 0
  await until(
    'everything is kept three times again',
    async () => {
      const now = await copies(left)
      most = Math.max(most, ...now.values())
      return isWhole(now) ? true : undefined
    },
    HEALED_MS,
  )
  const tookMs = Date.now() - startMs
  const traffic = (await sent(left)) - before
  t.diagnostic(
    `healed in ${(tookMs / 1000).toFixed(1)} s; ${(traffic / MIB).toFixed(1)} MiB came for ${lost / MIB} MiB lost`,
  )
  assert.ok(tookMs <= HEALED_MS)
  assert.ok(most <= REPLICAS + 1, `${most} copies`)
  assert.ok(traffic <= 1.3 * lost, `${traffic} bytes for ${lost}`)
  // Whole and right, on the disk.
  for (const node of left) {
    for (const { cid, path } of await kept(node))
      assert.equal(hash('sha256', readFileSync(path!)), sha256s.get(cid))
  }
})

test('a copy by the command line: agreed to, kept, shown, pinned, ended', async () => {
  await using world = newWorld()
  const keeper = await world.startNode({ name: 'keeper', args: ['--discovery', 'zone', '--no-mdns'] })
  const args = ['--discovery', 'zone', '--no-mdns', '--peer', keeper.ready.grpc]
  const owner = await world.startNode({ name: 'owner', args, env: TIMES })
  await until('the keeper is known', async () => {
    const { peers } = await call<{ peers: unknown[] }>(owner, 'GET', '/api/v1/peers')
    return peers.length === 1 ? true : undefined
  })
  writeFileSync(join(world.root, 'a b.txt'), 'kept')
  const push = (...more: string[]) =>
    world.shoal(['push', join(world.root, 'a b.txt'), '--replicas', '1', '--json', ...more], owner)
  const { peerId } = owner.ready
  const refused = await push()
  assert.equal(refused.code, 1, refused.stderr)
  assert.match(refused.stderr, /replicasFor/)
  const cid = String(refused.lines.at(-1)!.cid)
  assert.equal((await world.shoal(['config', 'set', 'replicasForPeers', peerId], keeper)).code, 0)
  const again = await push('--for', '7')
  assert.equal(again.code, 0, again.stderr)
  assert.deepEqual(again.lines.at(-1), { event: 'done', cid, replicas: 1, wanted: 1, state: 'kept' })
  const shown = await world.shoal(['replicas', '--prove', 'a b.txt', '--json'], owner)
  const [holder] = shown.lines[0]!.holders as { name: string; state: string; provedMs: number }[]
  assert.deepEqual([holder!.name, holder!.state, typeof holder!.provedMs], ['keeper', 'kept', 'number'])
  const path = (await kept(keeper))[0]!.path!
  assert.equal(readFileSync(path, 'utf8'), 'kept')

  assert.equal((await world.shoal(['pin', cid], keeper)).code, 0)
  assert.equal((await world.shoal(['unpush', cid], owner)).code, 0)
  assert.equal((await world.shoal(['unpush', cid], owner)).code, 3)
  const rows = await world.shoal(['replicas', '--kept', '--json'], keeper)
  assert.deepEqual([rows.lines[0]!.pinned, rows.lines[0]!.owner], [true, undefined])
  assert.ok(existsSync(path))
  assert.equal((await world.shoal(['unpin', cid], keeper)).code, 0)
  await until('it is gone', () => (existsSync(path) ? undefined : true))
})

async function startNodes(world: World, count: number): Promise<ShoalProcess[]> {
  const env = { SHOAL_REPLICAS_FOR: 'everybody', ...TIMES }
  const start = (i: number, ...peer: string[]) =>
    world.startNode({ name: `n${i}`, args: ['--discovery', 'zone,flood', '--no-mdns', ...peer], env })
  const first = await start(0)
  const rest = Array.from({ length: count - 1 }, (_, i) => start(i + 1, '--peer', first.ready.grpc))
  const nodes = [first, ...(await Promise.all(rest))]
  await until('everybody is known', async () => {
    const { peers } = await call<{ peers: unknown[] }>(first, 'GET', '/api/v1/peers')
    return peers.length === count - 1 ? true : undefined
  })
  return nodes
}

async function kept(node: ShoalProcess): Promise<Kept[]> {
  const { replicas } = await call<{ replicas: Kept[] }>(node, 'GET', '/api/v1/kept')
  return replicas.filter(({ state, path }) => state === 'kept' && path !== undefined && existsSync(path))
}

/** How many of the nodes keep each. */
async function copies(nodes: readonly ShoalProcess[]): Promise<Map<string, number>> {
  const counts = new Map<string, number>()
  for (const { cid } of (await Promise.all(nodes.map(kept))).flat())
    counts.set(cid, (counts.get(cid) ?? 0) + 1)
  return counts
}

/** Bytes of blocks that they have sent since they were started: what is fetched twice counts twice. */
async function sent(nodes: readonly ShoalProcess[]): Promise<number> {
  const texts = await Promise.all(
    nodes.map(({ ready }) => fetch(`${ready.http}/metrics`).then((r) => r.text())),
  )
  const bytes = texts.flatMap((text) =>
    [...text.matchAll(/^shoal_transfer_bytes_total\{direction="up"\} (\d+)/gm)].map((match) =>
      Number(match[1]),
    ),
  )
  return bytes.reduce((sum, each) => sum + each, 0)
}

async function call<T>(node: ShoalProcess, method: string, path: string, body?: object): Promise<T> {
  const token = readFileSync(join(node.data, 'api.token'), 'utf8').trim()
  const answer = await fetch(`${node.ready.http}${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, ...(body && { 'content-type': 'application/json' }) },
    ...(body && { body: JSON.stringify(body) }),
  })
  const text = await answer.text()
  assert.ok(answer.ok, `${answer.status} ${text}`)
  return JSON.parse(text) as T
}
