import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { after, test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { BLOCK_SIZE } from '../content/cid.ts'
import { content, countBlocks, TestWorld, twistBlocks } from './testing/world.ts'

const world = new TestWorld()
after(() => world.close())

const CHILD = fileURLToPath(new URL('./testing/crash-child.ts', import.meta.url))

test('kill -9 again and again: no partial file under the final name, hardly a block twice', async () => {
  const bytes = content(40 * BLOCK_SIZE + 11, 1)
  const sent: number[] = []
  // About 100 MB/s, so that a kill meets the fetch in its middle.
  const slow = twistBlocks(async function* (message) {
    if (message.response?.case === 'block' && !message.response.value.offset) await wait(10)
    yield message
  })
  const peers = []
  for (const name of ['one', 'two'])
    peers.push(await world.peer(name, { twist: (service) => countBlocks(sent)(slow(service)) }))
  const [shared] = await Promise.all(peers.map((peer) => peer.share('file.bin', bytes)))
  const folder = join(world.folder, 'fetcher')
  mkdirSync(folder)
  const providers = JSON.stringify(peers.map((peer) => peer.provider))
  const downloads = join(folder, 'downloads')
  const args = [CHILD, folder, shared!.cid, providers]

  const kills = [4, 9, 15, 22, 30]
  for (const blocks of kills) {
    const { lines, kill } = run(args)
    for await (const line of lines) {
      assert.match(line, /^\d+$/)
      if (Number(line) >= blocks * BLOCK_SIZE) break
    }
    await kill()
    assert.deepEqual(readdirSync(downloads), ['file.bin.part'])
  }
  const { lines, kill } = run(args)
  let last = ''
  for await (const line of lines) last = line
  await kill()
  assert.equal(last, 'done')
  assert.deepEqual(readdirSync(downloads), ['file.bin'])
  assert.deepEqual(readFileSync(join(downloads, 'file.bin')), Buffer.from(bytes))
  // At each kill, what is asked for and not yet written is lost: two windows of 4 MiB, and what waits for a thread to write it.
  const total = 41
  assert.ok(sent.length <= total + kills.length * 12, `${sent.length} blocks were sent of ${total}`)
})

test('kill -9 while many small files come: nothing under the final name before all is there, nothing wrong then', async () => {
  const files: Record<string, Uint8Array> = {}
  for (let at = 0; at < 2000; at++) files[`d${at % 10}/f${at}`] = content(1000 + at, at)
  // A message holds the bytes of many files.
  const slow = twistBlocks(async function* (message) {
    if (message.response?.case === 'block') await wait(20)
    yield message
  })
  const peer = await world.peer('small', { twist: slow })
  const dag = await peer.shareFolder(files)
  const folder = join(world.folder, 'small fetcher')
  mkdirSync(folder)
  const downloads = join(folder, 'downloads')
  const args = [CHILD, folder, dag.cid, JSON.stringify([peer.provider])]
  const total = Object.values(files).reduce((sum, { length }) => sum + length, 0)
  for (const share of [0.2, 0.5, 0.8]) {
    const { lines, kill } = run(args)
    for await (const line of lines) {
      assert.match(line, /^\d+$/)
      if (Number(line) >= share * total) break
    }
    await kill()
    assert.deepEqual(readdirSync(downloads), ['file.bin.part'])
  }
  const { lines, kill } = run(args)
  let last = ''
  for await (const line of lines) last = line
  await kill()
  assert.equal(last, 'done')
  assert.deepEqual(readdirSync(downloads), ['file.bin'])
  for (const [name, bytes] of Object.entries(files))
    assert.deepEqual(readFileSync(join(downloads, 'file.bin', name)), Buffer.from(bytes), name)
})

function run(args: string[]): { lines: AsyncIterable<string>; kill: () => Promise<void> } {
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const kill = async () => {
    child.kill('SIGKILL')
    await exited
  }
  return { lines: createInterface({ input: child.stdout }), kill }
}
