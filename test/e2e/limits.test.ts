import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { writeRandomFile } from '../support/files.ts'
import type { ShoalProcess } from '../support/process.ts'
import { newWorld, type World } from '../support/shoal.ts'
import { type SlowProxy, slowProxy } from '../support/slow-proxy.ts'
import { until } from '../support/until.ts'

const MB = 1e6
const BIG = process.env.SHOAL_E2E_BIG === '1'
/** How long bytes are counted at each rate, ms. */
const COUNT_MS = BIG ? 10_000 : 3000
/** From a change on until what was under way before has come, ms. */
const SETTLE_MS = 2000
const SIZE = (BIG ? 700 : 180) * MB
/** Faster than any limit here. */
const LINE_RATE = 200 * MB

/** What is promised. A busy machine may be slower, which is no fault of the limit, and the more so the faster it should be. */
const MOST = 1.05
const LEAST = BIG ? 0.95 : 0.5
const RATES: readonly (readonly [rate: number, least: number])[] = [
  ...(BIG ? ([[20 * MB, LEAST]] as const) : []),
  [5 * MB, LEAST],
  [1 * MB, LEAST],
]

/** Changes settings of a running node. */
async function configure(node: ShoalProcess, settings: Record<string, unknown>): Promise<void> {
  const token = readFileSync(join(node.data, 'api.token'), 'utf8').trim()
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
  const body = JSON.stringify(settings)
  const answer = await fetch(`${node.ready.http}/api/v1/config`, { method: 'PATCH', headers, body })
  assert.equal(answer.status, 200, await answer.text())
}

/** Bytes a second that left the giver over a line. */
async function rateOver({ line }: Taker): Promise<number> {
  const [beforeBytes, beganMs] = [line.delivered(), performance.now()]
  await wait(COUNT_MS)
  return ((line.delivered() - beforeBytes) * 1000) / (performance.now() - beganMs)
}

/**
 * Bytes a second that a download gets: blocks, from when one was there to when the last one was. A download limit cannot be seen on the line: what
 * was asked for waits in the kernel, and comes there in bursts.
 */
async function rateOf({ node }: Taker): Promise<number> {
  const steps: { doneBytes: number; atMs: number }[] = []
  for (const endMs = performance.now() + COUNT_MS; performance.now() < endMs; await wait(20)) {
    const answer = await fetch(`${node.ready.http}/api/v1/downloads`)
    const { downloads } = (await answer.json()) as { downloads: { doneBytes: number; state: string }[] }
    const { doneBytes } = downloads.find(({ state }) => state === 'running')!
    if (doneBytes !== steps.at(-1)?.doneBytes) steps.push({ doneBytes, atMs: performance.now() })
  }
  // The first look was between two blocks.
  const [, first] = steps
  const last = steps.at(-1)!
  return ((last.doneBytes - first!.doneBytes) * 1000) / (last.atMs - first!.atMs)
}

interface Taker {
  readonly node: ShoalProcess
  readonly line: SlowProxy
}

suite('rate limits are held, also when they change meanwhile', () => {
  let world: World
  let giver: ShoalProcess
  let takers: Taker[]
  /** A file for each taker: those who fetch the same one give it to each other, too. */
  let cids: string[] = []

  before(async () => {
    world = newWorld()
    const share = world.folder('share')
    for (const name of ['one.bin', 'two.bin']) writeRandomFile(join(share, name), SIZE)
    giver = await world.startNode({ name: 'giver', shares: [share], args: ['--discovery', 'index'] })
    takers = await Promise.all(
      ['one', 'two'].map(async (name) => {
        // What goes over it is what really left the giver.
        const line = await slowProxy({ target: giver.ready.grpc, rateBytesPerSecond: LINE_RATE })
        const args = ['--discovery', 'index', '--peer', line.address]
        return { line, node: await world.startNode({ name, args }) }
      }),
    )
    const rows = await until('the files are shared', async () => {
      const { lines } = await world.shoal(['ls', '--json'], giver)
      return lines.length === 2 ? lines : undefined
    })
    cids = rows.map(({ cid }) => String(cid))
  })
  after(async () => {
    for (const { line } of takers) await line[Symbol.asyncDispose]()
    await world[Symbol.asyncDispose]()
  })

  const off = { uploadLimit: 0, downloadLimit: 0, uploadLimitLan: 0, downloadLimitLan: 0 }
  const offPerPeer = { uploadLimitPerPeer: 0, downloadLimitPerPeer: 0 }

  /** A setting, at the giver or the first taker; how many fetch at once, and whether all of them together get the limit. */
  const some: [setting: string, where: 'giver' | 'taker', fetching: number, isShared: boolean][] = [
    ['uploadLimit', 'giver', 2, true],
    ['downloadLimit', 'taker', 1, true],
  ]
  const others: typeof some = [
    ['uploadLimitPerPeer', 'giver', 2, false],
    ['uploadLimitLan', 'giver', 1, true],
    ['downloadLimitPerPeer', 'taker', 1, true],
    ['downloadLimitLan', 'taker', 1, true],
  ]
  const cases = BIG ? [...some, ...others] : some
  for (const [setting, where, fetching, isShared] of cases)
    test(`${setting}, ${fetching} fetching`, async (t) => {
      const limited = where === 'giver' ? giver : takers[0]!.node
      const set = (rate: number) =>
        configure(limited, { [setting]: rate, limitsIncludeLan: !setting.endsWith('Lan') })
      await set(20 * MB)
      const commands = takers.slice(0, fetching).map(({ node }, i) => {
        const out = join(world.folder(`out-${setting}`), `${node.pid}.bin`)
        return world.command(['get', cids[i]!, '--out', out, '--json'], node)
      })
      const lines = takers.slice(0, fetching).map(({ line }) => line)
      await Promise.all(
        lines.map((line, i) => {
          const before = line.delivered()
          return until(`${i} fetches`, () => line.delivered() > before + 2 * MB || undefined)
        }),
      )
      for (const [rate, least] of RATES) {
        await set(rate)
        await wait(SETTLE_MS)
        const measure = where === 'giver' ? rateOver : rateOf
        const each = await Promise.all(takers.slice(0, fetching).map(measure))
        const shares = isShared ? [each.reduce((sum, one) => sum + one, 0)] : each
        for (const found of shares) {
          const share = found / rate
          t.diagnostic(`${rate / MB} MB/s: ${(100 * share).toFixed(1)} % of it over ${COUNT_MS} ms`)
          assert.ok(share <= MOST && share >= least, `${found} B/s with a limit of ${rate}`)
        }
      }
      for (const command of commands) command.send('SIGINT')
      await Promise.all(commands.map(({ result }) => result))
      for (const { node } of takers.slice(0, fetching)) {
        const { lines: rows } = await world.shoal(['downloads', '--json'], node)
        for (const { id } of rows) await world.shoal(['downloads', 'cancel', String(id)], node)
      }
      await configure(limited, { ...off, ...offPerPeer })
    })
})
