import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { type TestContext, test } from 'node:test'
import { silentLogger } from '../base/log.ts'
import { openOrRebuild } from './database.ts'
import type { DownloadRecord } from './download-store.ts'
import { openStateDatabase } from './state-database.ts'
import { STATE_MIGRATIONS } from './state-schema.ts'

function openState(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), 'shoal-state-'))
  const path = join(folder, 'state.db')
  let state = openStateDatabase(path, { log: silentLogger })
  t.after(() => {
    state.close()
    rmSync(folder, { recursive: true })
  })
  return {
    path,
    get downloads() {
      return state.downloads
    },
    get rebuilt() {
      return state.rebuilt
    },
    reopen() {
      state.close()
      state = openStateDatabase(path, { log: silentLogger })
    },
  }
}

const record = (id: string, more: Partial<DownloadRecord> = {}): DownloadRecord => ({
  id,
  parentId: undefined,
  cid: `cid-${id}`,
  kind: 'file',
  name: `${id}.bin`,
  outPath: `/out/${id}.bin`,
  partPath: `/out/${id}.bin.part`,
  state: 'queued',
  sizeBytes: 0,
  createdMs: 1000,
  finishedMs: undefined,
  sha256: undefined,
  digests: undefined,
  bitmap: new Uint8Array(),
  sources: {},
  error: undefined,
  priority: 'normal',
  order: 'rarest',
  mirrors: [],
  ...more,
})

test('a record comes back as it was put, also after a restart', (t) => {
  const world = openState(t)
  const full = record('a', {
    finishedMs: 5,
    sha256: 'ab'.repeat(32),
    digests: new Uint8Array(10 * 32).fill(7),
    bitmap: Uint8Array.of(0b1000_0000, 0b0100_0000),
    sources: { peer1: 5, peer2: 7 },
    error: { code: 'NO_SPACE', message: 'full' },
    priority: 'high',
    order: 'sequential',
    mirrors: ['https://u:p@h/a', 'http://h/b'],
  })
  world.downloads.put(full, record('b'))
  world.reopen()
  assert.deepEqual(world.downloads.get('a'), full)
  assert.deepEqual(world.downloads.get('b'), record('b'))
  assert.equal(world.downloads.get('c'), undefined)
  world.downloads.put(record('a'))
  assert.deepEqual(world.downloads.get('a'), record('a'))
})

test('downloads of a version that knew no priority and no mirrors are normal ones', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'shoal-state-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const path = join(folder, 'state.db')
  const old = openOrRebuild({ path, migrations: STATE_MIGRATIONS.slice(0, 2), log: silentLogger })
  old.db.exec(`INSERT INTO downloads VALUES ('a', NULL, 'cid-a', 'file', 'a.bin', '/out/a.bin', '/out/a.bin.part', 'queued', 0,
    1000, NULL, NULL, NULL, NULL)`)
  old.db.close()
  const state = openStateDatabase(path, { log: silentLogger })
  assert.deepEqual(state.downloads.get('a'), record('a'))
  state.close()
})

test('a patch changes what it names; new digests clear the bitmap', (t) => {
  const { downloads } = openState(t)
  downloads.put(record('a'))
  downloads.update('a', { state: 'running', sizeBytes: 20 * 2 ** 20, digests: new Uint8Array(20 * 32) })
  assert.deepEqual(downloads.get('a'), {
    ...record('a'),
    state: 'running',
    sizeBytes: 20 * 2 ** 20,
    digests: new Uint8Array(20 * 32),
    bitmap: new Uint8Array(3),
  })
  downloads.markBlocks('a', [0, 19], { p: 2 })
  downloads.update('a', { state: 'failed', error: { code: 'IO', message: 'x' } })
  assert.deepEqual(downloads.get('a')!.bitmap, Uint8Array.of(0x80, 0, 0x10))
  downloads.update('a', { state: 'queued', error: undefined, bitmap: Uint8Array.of(1, 2, 3) })
  assert.equal(downloads.get('a')!.error, undefined)
  assert.deepEqual(downloads.get('a')!.bitmap, Uint8Array.of(1, 2, 3))
  downloads.update('a', { digests: new Uint8Array(32) })
  assert.deepEqual(downloads.get('a')!.bitmap, Uint8Array.of(0))
  assert.deepEqual(downloads.get('a')!.sources, { p: 2 })
  assert.throws(() => downloads.update('nobody', { state: 'x' }), { code: 'NOT_FOUND' })
})

test('marks add up, with their sources, and are all there or none', (t) => {
  const { downloads } = openState(t)
  downloads.put(record('a', { digests: new Uint8Array(9 * 32) }), record('early'))
  downloads.markBlocks('a', [1, 8], { p: 100 })
  downloads.markBlocks('a', new Set([0, 1]), { p: 10, q: 1 })
  downloads.markBlocks('a', [])
  assert.deepEqual(downloads.get('a')!.bitmap, Uint8Array.of(0b1100_0000, 0b1000_0000))
  assert.deepEqual(downloads.get('a')!.sources, { p: 110, q: 1 })
  for (const wrong of [
    [2, 9],
    [2, -1],
    [2, 0.5],
  ]) {
    assert.throws(() => downloads.markBlocks('a', wrong, { p: 1 }), RangeError)
  }
  assert.deepEqual(downloads.get('a')!.sources, { p: 110, q: 1 })
  assert.throws(() => downloads.markBlocks('early', [0]), { code: 'CONFLICT' })
  assert.throws(() => downloads.markBlocks('nobody', [0]), { code: 'NOT_FOUND' })
})

test('lists by state and parent, the oldest first; a folder takes its files with it', (t) => {
  const { downloads } = openState(t)
  downloads.put(
    record('late', { createdMs: 3, state: 'done' }),
    record('folder', { createdMs: 2, kind: 'folder', state: 'running' }),
    record('f1', { parentId: 'folder', state: 'done' }),
    record('f2', { parentId: 'folder', state: 'running' }),
    record('early', { createdMs: 1 }),
  )
  const ids = (filter = {}) => downloads.list(filter).map(({ id }) => id)
  assert.deepEqual(ids(), ['early', 'folder', 'late'])
  assert.deepEqual(ids({ states: ['running', 'done'] }), ['folder', 'late'])
  assert.deepEqual(ids({ states: [] }), [])
  assert.deepEqual(ids({ parentId: 'folder' }), ['f1', 'f2'])
  assert.deepEqual(ids({ parentId: 'folder', states: ['done'] }), ['f1'])
  assert.equal(downloads.remove('folder'), true)
  assert.equal(downloads.remove('folder'), false)
  assert.equal(downloads.get('f1'), undefined)
})

test('a damaged journal is replaced by an empty one', (t) => {
  const world = openState(t)
  world.downloads.put(record('a'))
  world.reopen()
  assert.equal(world.rebuilt, false)
  writeFileSync(world.path, 'garbage '.repeat(2000))
  rmSync(`${world.path}-wal`, { force: true })
  world.reopen()
  assert.equal(world.rebuilt, true)
  assert.deepEqual(world.downloads.list(), [])
})

test('kill -9 while blocks are marked: every mark that was made is there', async (t) => {
  const world = openState(t)
  world.downloads.put(record('a', { digests: new Uint8Array(4096 * 32) }))
  const script = `
    import { openStateDatabase } from ${JSON.stringify(new URL('./state-database.ts', import.meta.url).href)}
    import { silentLogger } from ${JSON.stringify(new URL('../base/log.ts', import.meta.url).href)}
    const { downloads } = openStateDatabase(process.argv[1], { log: silentLogger })
    for (let i = 0; i < 4096; i++) {
      downloads.markBlocks('a', [i], { peer: 1 })
      console.log(i)
      await new Promise((resolve) => setImmediate(resolve))
    }`
  const child = spawn(process.execPath, ['--input-type=module-typescript', '-e', script, world.path], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  t.after(() => child.kill('SIGKILL'))
  let last = -1
  for await (const line of createInterface({ input: child.stdout })) {
    last = Number(line)
    if (last >= 40) child.kill('SIGKILL')
  }
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
  world.reopen()
  assert.equal(world.rebuilt, false)
  const { bitmap, sources } = world.downloads.get('a')!
  const marked = Array.from({ length: 4096 }, (_, i) => (bitmap[i >> 3]! & (0x80 >> (i & 7))) !== 0)
  const count = marked.indexOf(false)
  assert.ok(count > last, `${count} blocks after mark ${last}`)
  assert.equal(marked.lastIndexOf(true), count - 1)
  assert.deepEqual(sources, { peer: count })
})
