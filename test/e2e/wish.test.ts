import assert from 'node:assert/strict'
import { existsSync, readFileSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { sha256Of, writeRandomFile } from '../support/files.ts'
import type { ShoalProcess } from '../support/process.ts'
import { newWorld, type World } from '../support/shoal.ts'
import { until } from '../support/until.ts'

interface Hit {
  cid: string
  name: string
  isNew: boolean
  downloadId?: string
  heldBack?: string
}
interface Wish {
  id: string
  newHits: number
  hits: Hit[]
}

/** Searches now, again and again as often as that is allowed, until it has found what is wanted. */
const searchFor = (world: World, node: ShoalProcess, words: string, isFound: (wish: Wish) => boolean) =>
  until(
    `${words} is found`,
    async () => {
      const { code, lines, stderr } = await world.shoal(['wish', 'search', words, '--json'], node)
      const [line] = lines as [Record<string, unknown>]
      if (code !== 0) assert.equal(line.code, 'RATE_LIMITED', stderr)
      const wish = line as unknown as Wish
      return code === 0 && isFound(wish) ? wish : undefined
    },
    90_000,
  )

/** The data of the first event `wish`, which only the owner is told of. */
async function firstNews(node: ShoalProcess, signal: AbortSignal): Promise<unknown> {
  const token = readFileSync(join(node.data, 'api.token'), 'utf8').trim()
  const headers = { authorization: `Bearer ${token}` }
  const { body } = await fetch(`${node.ready.http}/api/v1/events`, { headers, signal })
  let text = ''
  for await (const chunk of body!.pipeThrough(new TextDecoderStream())) {
    text += chunk
    const [, data] = /^event: wish\ndata: (.*)\n/m.exec(text) ?? []
    if (data) return JSON.parse(data)
  }
  throw new Error('The events ended.')
}

test('a wish tells and fetches what others share later, and not what they shared before', async () => {
  await using world = newWorld()
  const [share, inbox] = [world.folder('shared'), world.folder('inbox')]
  writeRandomFile(join(share, 'old harbour map.bin'), 1000)
  const b = await world.startNode({ name: 'b', shares: [share] })
  const args = ['--peer', b.ready.grpc, '--downloads', inbox]
  const a = await world.startNode({ name: 'a', args, env: { SHOAL_WISH_MAX_BYTES: '5000000' } })
  await until('a finds what b shares', async () => {
    const { lines } = await world.shoal(['search', 'harbour', '--json'], a)
    return lines.some(({ event }) => event === 'hit') || undefined
  })

  const added = await world.shoal(['wish', 'add', 'harbour', 'map', '--fetch', '--json'], a)
  assert.deepEqual([added.code, added.lines[0]?.event, added.lines[0]?.newHits], [0, 'wish', 0])
  const again = await world.shoal(['wish', 'add', 'HARBOUR', 'map', '--json'], a)
  assert.equal(again.lines[0]?.id, added.lines[0]?.id)
  const baseline = await searchFor(world, a, 'harbour map', ({ hits }) => hits.length > 0)
  assert.deepEqual(
    baseline.hits.map(({ name, isNew, downloadId }) => [name, isNew, downloadId]),
    [['old harbour map.bin', false, undefined]],
  )

  const life = new AbortController()
  const news = firstNews(a, life.signal)
  const making = world.folder('making')
  const sha256 = writeRandomFile(join(making, 'new harbour map.bin'), 3_000_000)
  writeRandomFile(join(making, 'huge harbour map.bin'), 6_000_000)
  // Whole at once, so that no half of it is found.
  for (const name of ['new harbour map.bin', 'huge harbour map.bin'])
    renameSync(join(making, name), join(share, name))
  const found = await searchFor(world, a, 'harbour map', ({ newHits }) => newHits === 2)
  const told = (await news) as { id: string; words: string; hit: Record<string, unknown> }
  life.abort()
  const byName = new Map(found.hits.map((hit) => [hit.name, hit]))
  const [fresh, huge] = [byName.get('new harbour map.bin')!, byName.get('huge harbour map.bin')!]
  assert.deepEqual([fresh.isNew, fresh.heldBack, huge.isNew, huge.heldBack], [true, undefined, true, 'size'])
  assert.deepEqual([told.id, told.words], [found.id, 'harbour map'])
  assert.ok([fresh.cid, huge.cid].includes(String(told.hit.cid)))

  await until('it is fetched', async () => {
    const { lines } = await world.shoal(['downloads', '--json'], a)
    const mine = lines.find(({ id }) => id === fresh.downloadId)
    return (mine?.state === 'done' && mine.priority === 'low') || undefined
  })
  assert.equal(await sha256Of(join(inbox, 'new harbour map.bin')), sha256)
  assert.ok(
    !existsSync(join(inbox, 'old harbour map.bin')) && !existsSync(join(inbox, 'huge harbour map.bin')),
  )

  const seen = await world.shoal(['wish', 'seen', 'harbour map', '--json'], a)
  assert.equal(seen.lines[0]?.newHits, 0)
  await a.stop()
  const later = await world.startNode({ name: 'a', args })
  const { lines } = await world.shoal(['wish', 'ls', '--json'], later)
  const [kept, ...others] = lines as unknown as (Wish & { fetch: boolean })[]
  assert.deepEqual([kept?.hits.length, kept?.fetch, others], [3, true, []])
  const token = readFileSync(join(later.data, 'api.token'), 'utf8').trim()
  const url = `${later.ready.http}/api/v1/wishes`
  assert.equal((await fetch(url)).status, 401, 'it is the owner’s business')
  assert.equal((await fetch(url, { headers: { authorization: `Bearer ${token}` } })).status, 200)
  assert.equal((await world.shoal(['wish', 'rm', 'harbour', 'map'], later)).code, 0)
  assert.deepEqual((await world.shoal(['wish', 'ls', '--json'], later)).lines, [])
})

test('settings of wishes hold at once, and refuse what would be a burden to others', async () => {
  await using world = newWorld()
  const node = await world.startNode({ args: ['--discovery', 'index'] })
  const set = (key: string, value: string) => world.shoal(['config', 'set', key, value, '--json'], node)
  assert.deepEqual((await set('wishIntervalMs', '60000')).lines[0]?.restartNeeded, false)
  assert.equal((await set('wishIntervalMs', '59999')).code, 2)
  assert.equal((await set('wishMaxBytes', '0')).code, 0)
  assert.equal((await set('wishMaxFetches', '-1')).code, 2)
})
