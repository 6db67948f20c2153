import assert from 'node:assert/strict'
import { copyFileSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { sha256Of, writeRandomFile } from '../support/files.ts'
import type { ShoalProcess } from '../support/process.ts'
import { newWorld } from '../support/shoal.ts'
import { until } from '../support/until.ts'

const MIB = 1024 * 1024
const BLOCKS = 40
const NAME = 'film.bin'
/** Slow enough to look at it meanwhile. */
const SLOW = ['config', 'set', 'uploadLimitLan', '2MiB/s']

interface View {
  id: string
  state: string
  doneBytes: number
  waitingFor?: string
  sources: Record<string, number>
  activeSources: { peerId: string; state: string; road: string; doneBytes: number }[]
  dropped: { peerId: string; reason: string }[]
}

interface BlockMap {
  blocks: number
  cells: number
  have: number[]
  inFlight: number[]
  from: number[]
  flying: number[]
  sources: { peerId: string; name: string }[]
}

const sum = (numbers: number[]) => numbers.reduce((all, each) => all + each, 0)

describe('a download from two slow owners, as it looks from outside', () => {
  const world = newWorld()
  let ada: ShoalProcess
  let ben: ShoalProcess
  let fetcher: ShoalProcess
  let sha256 = ''
  let cid = ''
  let folderCid = ''
  let id = ''

  const read = async <T>(path: string, node = fetcher): Promise<T> => {
    const answer = await fetch(`${node.ready.http}/api/v1${path}`)
    assert.equal(answer.status, 200, path)
    return (await answer.json()) as T
  }
  const view = () => read<View>(`/downloads/${id}`)
  const map = (cells = 512) => read<BlockMap>(`/downloads/${id}/blocks?cells=${cells}`)
  const json = async (args: string[], on: ShoalProcess) => {
    const { code, lines, stderr } = await world.shoal([...args, '--json'], on)
    assert.equal(code, 0, stderr)
    return lines
  }
  const start = async (target: string, out: string) => {
    const { lines } = await world.shoal(['get', target, '--out', out, '--timeout', '1', '--json'], fetcher)
    const { downloads } = await read<{ downloads: View[] }>('/downloads?limit=1')
    id = downloads[0]!.id
    return lines
  }

  before(async () => {
    const index = await world.startIndex()
    const shares = ['ada', 'ben'].map((name) => world.folder(name)) as [string, string]
    for (const share of shares) mkdirSync(join(share, 'album'))
    sha256 = writeRandomFile(join(shares[0], NAME), BLOCKS * MIB)
    for (let i = 0; i < 10; i++) writeRandomFile(join(shares[0], 'album', `${i}.txt`), 1000 + i)
    writeRandomFile(join(shares[0], 'album', 'long.bin'), 10 * MIB)
    copyFileSync(join(shares[0], NAME), join(shares[1], NAME))
    const servers = { index: [index.ready.grpc], args: ['--discovery', 'index'] }
    ;[ada, ben, fetcher] = await Promise.all([
      world.startNode({ ...servers, name: 'ada', shares: [shares[0]] }),
      world.startNode({ ...servers, name: 'ben', shares: [shares[1]] }),
      world.startNode({ ...servers, name: 'fetcher' }),
    ])
    for (const owner of [ada, ben]) await json(SLOW, owner)
    await until('both share the file', async () => {
      const { lines } = await world.shoal(['search', 'film', '--via', 'index', '--json'], fetcher)
      cid = String(lines[0]?.cid)
      return (lines[0]?.providers as unknown[] | undefined)?.length === 2 ? true : undefined
    })
    folderCid = await until('the folder is shared', async () => {
      const rows = await json(['ls', 'album', '--folders'], ada)
      const folder = rows.find(({ kind }) => kind === 'folder')
      return rows.length === 12 && folder ? String(folder.cid) : undefined
    })
  })
  after(() => world[Symbol.asyncDispose]())

  test('which blocks are there, who gave them, and over which road', async () => {
    await start(cid, join(world.root, 'got', NAME))
    const seen = await until('both have given something', async () => {
      const [now, blocks] = [await view(), await map()]
      const hasBoth = Object.keys(now.sources).length === 2
      return hasBoth && sum(blocks.inFlight) > 0 && now.state === 'running' ? { now, blocks } : undefined
    })
    const { blocks, now } = seen
    assert.deepEqual([blocks.blocks, blocks.cells, blocks.have.length], [BLOCKS, BLOCKS, BLOCKS])
    assert.deepEqual(
      new Set(blocks.sources.map(({ name, peerId }) => `${name} ${peerId}`)),
      new Set([`ada ${ada.ready.peerId}`, `ben ${ben.ready.peerId}`]),
    )
    for (const [cell, have] of blocks.have.entries()) {
      assert.ok(have === 0 || have === 100)
      assert.equal(have === 100, blocks.from[cell] !== -1, 'all came in this run')
      assert.equal(blocks.inFlight[cell]! > 0, blocks.flying[cell] !== -1)
    }
    // Read one after the other: more may have come meanwhile.
    const haveBlocks = blocks.have.filter((have) => have === 100).length
    assert.ok(haveBlocks * MIB >= now.doneBytes && haveBlocks * MIB <= now.doneBytes + 16 * MIB)
    assert.equal((await map(7)).cells, 7)
    for (const source of now.activeSources) {
      assert.equal(source.road, 'direct')
      assert.equal(source.doneBytes, now.sources[source.peerId] ?? 0)
    }
    const [drawn] = await json(['downloads', 'blocks', id.slice(0, 8)], fetcher)
    assert.deepEqual([drawn?.event, drawn?.blocks], ['blocks', BLOCKS])
    const { active } = await read<{ active: Record<string, unknown>[] }>('/uploads', ada)
    const [upload] = active
    assert.deepEqual(
      [upload?.peerId, upload?.road, upload?.sizeBytes],
      [fetcher.ready.peerId, 'direct', BLOCKS * MIB],
    )
  })

  test('an owner pauses the taker, which goes on from the other one', async () => {
    const [paused] = await json(['uploads', 'pause', fetcher.ready.peerId.slice(-8)], ada)
    assert.deepEqual([paused?.event, paused?.state], ['peer', 'paused'])
    await until('ada lets it wait', async () => {
      const source = (await view()).activeSources.find(({ peerId }) => peerId === ada.ready.peerId)
      return source?.state === 'waiting' ? true : undefined
    })
    const before = await view()
    await wait(1500)
    const after = await view()
    assert.equal(after.sources[ada.ready.peerId], before.sources[ada.ready.peerId])
    assert.ok(after.sources[ben.ready.peerId]! > before.sources[ben.ready.peerId]!)
    const { queued, paused: listed } = await read<{ queued: { peerId: string }[]; paused: object[] }>(
      '/uploads',
      ada,
    )
    assert.deepEqual(listed, [{ peerId: fetcher.ready.peerId, name: paused?.name, state: 'paused' }])
    assert.ok(queued.every(({ peerId }) => peerId === fetcher.ready.peerId) && queued.length > 0)
  })

  test('the other one refuses it: the download says so, waits, and goes on when it is let in again', async () => {
    const [refused] = await json(['uploads', 'cancel', fetcher.ready.peerId], ben)
    assert.equal(refused?.state, 'refused')
    assert.ok(Math.abs(Number(refused?.untilMs) - Date.now() - 600_000) < 60_000)
    const told = await until('it is told', async () => {
      const now = await view()
      return now.dropped.length > 0 && now.waitingFor === 'slots' ? now : undefined
    })
    assert.equal(told.state, 'running')
    assert.equal(told.dropped[0]?.peerId, ben.ready.peerId)
    assert.match(told.dropped[0]!.reason, /owner of this peer/)
    await wait(1000)
    assert.equal((await view()).doneBytes, told.doneBytes, 'nobody serves')
    const { active, queued } = await read<{ active: object[]; queued: object[] }>('/uploads', ben)
    assert.deepEqual([active, queued], [[], []])
    const unknown = await world.shoal(['uploads', 'pause', 'nobody', '--json'], ben)
    assert.equal(unknown.code, 3)

    const [resumed] = await json(['uploads', 'resume', fetcher.ready.peerId], ada)
    assert.equal(resumed?.state, 'served')
    await json(['config', 'set', 'uploadLimitLan', 'none'], ada)
    await until('it is done', async () => ((await view()).state === 'done' ? true : undefined), 60_000)
    assert.equal(await sha256Of(join(world.root, 'got', NAME)), sha256)
    const blocks = await map(8)
    assert.deepEqual(blocks.have, [100, 100, 100, 100, 100, 100, 100, 100])
    assert.deepEqual([sum(blocks.inFlight), blocks.sources], [0, []])
  })

  test('of a folder small files are a block each; a paused download still has its blocks', async () => {
    await json(SLOW, ada)
    await start(folderCid, join(world.root, 'got', 'album'))
    const blocks = await until('some of the long file is there', async () => {
      const now = await map()
      return now.have.filter((have) => have === 100).length > 12 ? now : undefined
    })
    assert.equal(blocks.blocks, 20)
    assert.deepEqual(
      blocks.have.slice(0, 10),
      Array.from({ length: 10 }, () => 100),
    )
    assert.deepEqual(new Set(blocks.from.slice(0, 10)), new Set([0]))
    assert.equal(blocks.sources[0]?.peerId, ada.ready.peerId)
    const [paused] = await json(['downloads', 'pause', id], fetcher)
    assert.equal(paused?.state, 'paused')
    const resting = await map()
    assert.deepEqual([resting.blocks, sum(resting.inFlight)], [20, 0])
    assert.ok(
      blocks.have.every(
        (have, cell) => resting.have[cell]! >= have && (have === 0 || resting.from[cell] === 0),
      ),
    )
    await json(['downloads', 'cancel', id], fetcher)
    assert.ok((await map()).have.every((have) => have === 0))
  })

  test('the list is cleared, and what is left out of it is not', async () => {
    const [none] = await json(['downloads', 'clear', '--state', 'failed'], fetcher)
    assert.equal(none?.removed, 0)
    const [cleared] = await json(['downloads', 'clear'], fetcher)
    assert.equal(cleared?.removed, 2)
    assert.deepEqual(await json(['downloads'], fetcher), [])
    assert.equal(await sha256Of(join(world.root, 'got', NAME)), sha256)
    const wrong = await world.shoal(['downloads', 'clear', '--state', 'running', '--json'], fetcher)
    assert.equal(wrong.code, 2)
  })
})
