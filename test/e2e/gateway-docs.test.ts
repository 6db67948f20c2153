import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { sha256Of, writeRandomFile } from '../support/files.ts'
import { newWorld } from '../support/shoal.ts'

const PAGE = fileURLToPath(new URL('../../docs/GATEWAY.md', import.meta.url))
const MIB = 1024 * 1024
const noCurl = spawnSync('curl', ['--version']).error ? 'needs curl' : false

test('what docs/GATEWAY.md tells people to type works', { skip: noCurl }, async () => {
  await using world = newWorld()
  const music = world.folder('music')
  mkdirSync(join(music, 'live'))
  const sums = [
    writeRandomFile(join(music, 'all.bin'), 3 * MIB),
    writeRandomFile(join(music, 'live', 'song.flac'), MIB + 5),
  ]
  const node = await world.startNode()
  const { lines } = await world.shoal(['add', music, '--json'], node)
  const cidOf = (name: string) => String(lines.find((line) => line.name === name)?.cid)
  const blocks = [...readFileSync(PAGE, 'utf8').matchAll(/<!-- try -->\n```sh\n([\s\S]*?)```/g)]
  assert.equal(blocks.length, 2)
  const cwd = world.folder('typed')
  const env = {
    PATH: process.env.PATH,
    NODE: node.ready.http,
    FILE: cidOf('all.bin'),
    FOLDER: cidOf('music'),
  }
  for (const [, commands] of blocks) execFileSync('bash', ['-ec', commands!], { cwd, env, stdio: 'pipe' })
  const size = (name: string) => statSync(join(cwd, name)).size
  assert.deepEqual([await sha256Of(join(cwd, 'all.bin')), await sha256Of(join(cwd, 'song.flac'))], sums)
  assert.equal(size('second.bin'), MIB)
  assert.match(readFileSync(join(cwd, 'live.html'), 'utf8'), /song\.flac/)
  assert.ok(size('file.car') > 3 * MIB && size('again.car') >= size('file.car'))
  assert.ok(size('folder.car') > 4 * MIB && size('names.car') < 1000)
  assert.ok(size('beginning.car') > MIB && size('beginning.car') < 2 * MIB)
  assert.equal(readdirSync(cwd).length, 10)
})
