import assert from 'node:assert/strict'
import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { seededRandom } from '../../src/base/random.ts'
import { sha256Of, writeRandomFile } from '../support/files.ts'
import type { ShoalProcess } from '../support/process.ts'
import { newWorld } from '../support/shoal.ts'
import { type SlowProxy, slowProxy } from '../support/slow-proxy.ts'
import { until } from '../support/until.ts'

const MIB = 1024 * 1024
const BIG = process.env.SHOAL_E2E_BIG === '1'
const KILLS = BIG ? 20 : 5
const SIZE = (BIG ? 300 : 40) * MIB + 99
/** Of each of the two lines to a source. Slow enough that a kill hits the middle of the fetch. */
const RATE = 12 * MIB
/**
 * What may be lost at one kill, bytes: from each source a block that is not complete, and what the kernel holds. Blocks
 * that were written but not yet journalled are not lost: kill -9 leaves the page cache, and the node looks there.
 */
const IN_FLIGHT = 5 * MIB

test('a fetch survives kill -9 again and again, and fetches next to nothing twice', async (t) => {
  await using world = newWorld()
  const index = await world.startIndex()
  const share = world.folder('share')
  const sha256 = writeRandomFile(join(share, 'big.bin'), SIZE)
  const sources = await Promise.all(['one', 'two'].map((name) => world.startNode({ name, shares: [share] })))
  const cid = await until('the file is shared by both', async () => {
    const rows = await Promise.all(sources.map((node) => world.shoal(['ls', '--json'], node)))
    return rows.every(({ lines }) => lines.length === 1) ? String(rows[0]!.lines[0]!.cid) : undefined
  })

  let thresholdBytes = Number.POSITIVE_INFINITY
  let reached: () => void = () => {}
  const total = () => lines.reduce((sum, line) => sum + line.delivered(), 0)
  const onDelivered = () => {
    if (total() >= thresholdBytes) reached()
  }
  const lines: SlowProxy[] = []
  for (const { ready } of sources)
    lines.push(await slowProxy({ target: ready.grpc, rateBytesPerSecond: RATE, onDelivered }))
  await using _lines = {
    [Symbol.asyncDispose]: async () => {
      for (const line of lines) await line[Symbol.asyncDispose]()
    },
  }
  const delivered = (bytes: number) =>
    new Promise<void>((resolve) => {
      thresholdBytes = bytes
      reached = resolve
    })
  const startFetcher = (): Promise<ShoalProcess> =>
    world.startNode({
      name: 'fetcher',
      index: [index.ready.grpc],
      // In the network without a server it would hear of the sources' own addresses, and go around the slow lines.
      args: ['--discovery', 'index', ...lines.flatMap(({ address }) => ['--peer', address])],
    })

  const out = join(world.folder('out'), 'big.bin')
  const neverPartial = () => {
    if (existsSync(out)) assert.equal(statSync(out).size, SIZE, 'the final name shows a partial file')
  }
  const seed = Date.now() % 1_000_000
  const random = seededRandom(seed)
  let fetcher = await startFetcher()
  let command = world.command(['get', cid, '--out', out, '--json'], fetcher)
  for (let kill = 0; kill < KILLS; kill++) {
    const nextBytes = total() + Math.round((SIZE / (KILLS + 1)) * (0.4 + random.float()))
    const early = command.result.then(({ stderr, stdout }) => `${stdout}${stderr}`)
    const first = await Promise.race([delivered(nextBytes), early])
    assert.equal(first, undefined, `seed ${seed}: the command ended before kill ${kill + 1}`)
    await fetcher.kill()
    neverPartial()
    const { code, lines: said } = await command.result
    if (code !== 0) assert.equal(said.at(-1)?.event, 'error', `seed ${seed}`)
    fetcher = await startFetcher()
    neverPartial()
    command = world.command(['get', cid, '--out', out, '--json'], fetcher)
  }
  const { code, lines: said, stderr } = await command.result
  assert.equal(code, 0, `seed ${seed}: ${stderr}`)
  assert.equal(said.at(-1)?.path, out)
  assert.equal(await sha256Of(out), sha256)
  assert.ok(total() > SIZE, 'all of it came over the slow lines')
  t.diagnostic(`${KILLS} kills: fetched ${(total() / SIZE).toFixed(3)} times the size (seed ${seed})`)
  const limit = 1.05 * SIZE + KILLS * IN_FLIGHT
  assert.ok(total() < limit, `seed ${seed}: fetched ${total()} bytes of ${SIZE}, allowed ${limit}`)
})
