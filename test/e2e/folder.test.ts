import assert from 'node:assert/strict'
import { mkdirSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { sha256Of, writeRandomFile } from '../support/files.ts'
import { importerCid } from '../support/importer-cid.ts'
import { newWorld } from '../support/shoal.ts'
import { until } from '../support/until.ts'

const FILES: [path: string, size: number][] = [
  ['cover.jpg', 1],
  ['read me.txt', 0],
  ['disc 1/01 été.flac', 1024 * 1024],
  ['disc 1/02 数据.flac', 1024 * 1024 + 1],
  ['disc 1/scans/back.png', 5000],
  ['disc 2/01 .flac', 3 * 1024 * 1024 + 7],
]

test('a whole folder is fetched by its CID, which is the one that the reference importer gives', async () => {
  await using world = newWorld()
  const index = await world.startIndex()
  const album = world.folder('album')
  const sums = new Map<string, string>()
  for (const [path, size] of FILES) {
    mkdirSync(join(album, path, '..'), { recursive: true })
    sums.set(path, writeRandomFile(join(album, path), size))
  }
  const servers = [index.ready.grpc]
  const [owner, fetcher] = await Promise.all([
    world.startNode({ name: 'owner', index: servers }),
    world.startNode({ name: 'fetcher', index: servers }),
  ])
  const added = await world.shoal(['add', album, '--json'], owner)
  assert.equal(added.code, 0, added.stderr)
  const folder = added.lines.at(-1)
  assert.deepEqual([folder?.kind, folder?.name], ['folder', 'album'])
  const files = FILES.map(([path]) => ({ path: `album/${path}`, file: join(album, path) }))
  assert.equal(folder?.cid, await importerCid(files))

  const cid = String(folder?.cid)
  await until('the folder is found', async () => {
    const { code } = await world.shoal(['search', '--cid', cid, '--via', 'index', '--json'], fetcher)
    return code === 0 ? true : undefined
  })
  const { code, lines, stderr } = await world.shoal(['get', cid, '--out', 'got', '--json'], fetcher)
  assert.equal(code, 0, stderr)
  const got = String(lines.at(-1)?.path)
  assert.equal(got, join(world.root, 'got'))
  const present = readdirSync(got, { recursive: true, encoding: 'utf8' })
  const found = present.filter((path) => statSync(join(got, path)).isFile())
  assert.deepEqual(found.sort(), [...sums.keys()].sort())
  for (const [path, sha256] of sums) assert.equal(await sha256Of(join(got, path)), sha256, path)
})
