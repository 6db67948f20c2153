import assert from 'node:assert/strict'
import { copyFileSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { sha256Of, writeRandomFile } from '../support/files.ts'
import type { ShoalProcess } from '../support/process.ts'
import { newWorld, type World } from '../support/shoal.ts'
import { until } from '../support/until.ts'

const MIB = 1024 * 1024
const SIZE = 14 * MIB + 5
/** A source goes when so much is there. */
const LOST_AT = 4 * MIB
/** A block of the slow source is under way for a second, one of the other for an eighth of it: whatever happens to the slow one, happens in the middle. */
const SLOW = 1 * MIB
const FAST = 8 * MIB
/** Half a second until silence counts, up to two seconds for two blocks of the slow source, and one for a busy machine. */
const MOST_SILENT_MS = 3500

/** How a source goes, and why nobody hears of it at once in the second case. */
const ENDINGS = { killed: 'SIGKILL', frozen: 'SIGSTOP' } as const

/** Who shares the file, each with a limit on what it sends. */
interface Sharers {
  readonly cid: string
  readonly path: string
  readonly index: string[]
  readonly sources: Record<'slow' | 'fast', ShoalProcess>
}

function startSource(world: World, name: 'slow' | 'fast', index: string[]): Promise<ShoalProcess> {
  const rate = { slow: SLOW, fast: FAST }[name]
  const env = { SHOAL_UPLOAD_LIMIT: `${rate}`, SHOAL_LIMITS_INCLUDE_LAN: 'true' }
  return world.startNode({ name, shares: [world.folder(name)], env, index })
}

async function startSharers(world: World): Promise<Sharers> {
  const server = await world.startIndex()
  const index = [server.ready.grpc]
  const path = join(world.folder('slow'), 'film.bin')
  writeRandomFile(path, SIZE)
  copyFileSync(path, join(world.folder('fast'), 'film.bin'))
  const [slow, fast] = await Promise.all([
    startSource(world, 'slow', index),
    startSource(world, 'fast', index),
  ])
  const { lines } = await world.shoal(['add', path, '--json'], slow)
  return { cid: String(lines[0]?.cid), path, index, sources: { slow, fast } }
}

interface Setting extends Pick<Sharers, 'cid' | 'path'> {
  readonly reader: ShoalProcess
}

/** A node that has nothing and knows that both have the file. */
async function startReader(world: World, { cid, path, index }: Sharers, name: string): Promise<Setting> {
  const reader = await world.startNode({ name, index })
  await until('both are known to have it', async () => {
    const answer = await fetch(`${reader.ready.http}/api/v1/search?cid=${cid}&via=index`)
    const [hit] = (await answer.text()).split('\n')
    const { providers = [] } = JSON.parse(hit!) as { providers?: unknown[] }
    return providers.length === 2 || undefined
  })
  return { reader, cid, path }
}

/** Notes how long nothing came, from a moment on. */
class Silence {
  #lastMs: number | undefined
  mostMs = 0

  begin(): void {
    this.#lastMs = performance.now()
  }

  heard(): void {
    if (this.#lastMs === undefined) return
    const now = performance.now()
    this.mostMs = Math.max(this.mostMs, now - this.#lastMs)
    this.#lastMs = now
  }
}

interface View {
  readonly cid: string
  readonly state: string
  readonly doneBytes: number
}

/** Downloads the file; when blocks come, one source goes. */
async function download(world: World, { reader, cid, path }: Setting, lose: () => void): Promise<number> {
  const out = join(world.folder(`out-${reader.pid}`), 'film.bin')
  const got = world.shoal(['get', cid, '--out', out, '--json'], reader)
  const silence = new Silence()
  let doneBytes = 0
  for (let isLost = false; ; ) {
    const answer = await fetch(`${reader.ready.http}/api/v1/downloads`)
    const { downloads } = (await answer.json()) as { downloads: View[] }
    const view = downloads.find((each) => each.cid === cid)
    if (view && view.doneBytes > doneBytes) {
      doneBytes = view.doneBytes
      silence.heard()
    }
    if (!isLost && doneBytes >= LOST_AT) {
      isLost = true
      lose()
      silence.begin()
    }
    if (view?.state === 'done') break
    assert.notEqual(view?.state, 'failed')
    await wait(20)
  }
  const { code, stderr } = await got
  assert.equal(code, 0, stderr)
  assert.equal(await sha256Of(out), await sha256Of(path))
  return silence.mostMs
}

/** Reads the file through the gateway, in order; when bytes come, one source goes. */
async function read(_world: World, { reader, cid, path }: Setting, lose: () => void): Promise<number> {
  const answer = await fetch(`${reader.ready.http}/ipfs/${cid}`)
  assert.equal(answer.status, 200)
  const silence = new Silence()
  const chunks: Uint8Array[] = []
  let bytes = 0
  let isLost = false
  for await (const chunk of answer.body!) {
    silence.heard()
    chunks.push(chunk)
    bytes += chunk.length
    if (isLost || bytes < LOST_AT) continue
    isLost = true
    lose()
    silence.begin()
  }
  assert.ok(Buffer.concat(chunks).equals(readFileSync(path)))
  return silence.mostMs
}

const WAYS = { downloaded: download, 'read through the gateway': read }

suite('a source that goes in the middle of a block is no reason to wait', () => {
  let world: World
  let sharers: Sharers
  let readers = 0

  before(async () => {
    world = newWorld()
    sharers = await startSharers(world)
  })
  after(() => world[Symbol.asyncDispose]())

  // All of them take minutes.
  const some = ['slow killed downloaded', 'slow frozen downloaded', 'fast frozen read through the gateway']
  for (const [ending, signal] of Object.entries(ENDINGS) as [keyof typeof ENDINGS, NodeJS.Signals][])
    for (const [how, fetchIt] of Object.entries(WAYS))
      for (const which of ['slow', 'fast'] as const) {
        if (process.env.SHOAL_E2E_BIG !== '1' && !some.includes(`${which} ${ending} ${how}`)) continue
        test(`the ${which} one is ${ending} while the file is ${how}`, async (t) => {
          const { sources, index } = sharers
          const setting = await startReader(world, sharers, `reader-${++readers}`)
          const silentMs = await fetchIt(world, setting, () => sources[which].send(signal))
          t.diagnostic(`nothing came for ${Math.round(silentMs)} ms at the most`)
          // What it fetched it shares, and would be a third source.
          await setting.reader.kill()
          if (ending === 'killed') sources[which] = await startSource(world, which, index)
          else sources[which].send('SIGCONT')
          assert.ok(silentMs < MOST_SILENT_MS, `nothing came for ${Math.round(silentMs)} ms`)
        })
      }
})
