import assert from 'node:assert/strict'
import { copyFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { sha256Of, writeRandomFile } from '../support/files.ts'
import { importerCid } from '../support/importer-cid.ts'
import { newWorld } from '../support/shoal.ts'
import { until } from '../support/until.ts'

const MIB = 1024 * 1024
/** Enough for the slowest link to be up before the others have given everything. */
const SIZE = (process.env.SHOAL_E2E_BIG === '1' ? 300 : 96) * MIB + 4321
const NAME = `Été 数据 (final) 'v2' #1?.bin`

test('a file with an awkward name is found by each of its words and fetched from three sources', async () => {
  await using world = newWorld()
  const index = await world.startIndex()
  const shares = ['a', 'b', 'c'].map((name) => world.folder(`share-${name}`))
  const original = join(shares[0]!, NAME)
  const sha256 = writeRandomFile(original, SIZE)
  for (const share of shares.slice(1)) copyFileSync(original, join(share, NAME))

  const servers = [index.ready.grpc]
  const started = shares.map((share, i) =>
    world.startNode({ name: `source-${i + 1}`, shares: [share], index: servers }),
  )
  const [fetcher, ...sources] = await Promise.all([
    world.startNode({ name: 'fetcher', index: servers }),
    ...started,
  ])
  const search = (...words: string[]) =>
    world.shoal(['search', ...words, '--via', 'index', '--json'], fetcher)

  const hit = await until('all three sources are found', async () => {
    const { lines } = await search('final')
    const hits = lines.filter(({ event }) => event === 'hit')
    return hits.find(({ providers }) => (providers as unknown[]).length === 3)
  })
  assert.equal(hit.cid, await importerCid([{ path: 'file', file: original }]))
  for (const words of [['été'], ['数据'], ['final'], ['ETE', 'v2']]) {
    const { code, lines } = await search(...words)
    assert.equal(code, 0, words.join(' '))
    assert.deepEqual([lines[0]?.cid, lines[0]?.name], [hit.cid, NAME])
  }

  world.folder('got')
  const { code, lines, stderr } = await world.shoal(['get', NAME, '--out', 'got', '--json'], fetcher)
  assert.equal(code, 0, stderr)
  const done = lines.at(-1) as { path: string; bytes: number; sources: Record<string, number> }
  assert.equal(done.path, join(world.root, 'got', NAME))
  assert.equal(await sha256Of(done.path), sha256)
  assert.equal(done.bytes, SIZE)
  const known = sources.map(({ ready }) => ready.peerId)
  const used = Object.entries(done.sources).filter(([, bytes]) => bytes > 0)
  assert.deepEqual(used.map(([peerId]) => peerId).sort(), known.sort(), 'each source gave a part')
  assert.equal(
    used.reduce((sum, [, bytes]) => sum + bytes, 0),
    SIZE,
  )

  await until('the fetcher is a provider itself', async () => {
    const { lines: rows } = await world.shoal(['search', 'final', '--via', 'index', '--json'], sources[0])
    const peers = rows.flatMap(({ providers }) => (providers as { peerId: string }[] | undefined) ?? [])
    return peers.some(({ peerId }) => peerId === fetcher.ready.peerId) ? true : undefined
  })
})
