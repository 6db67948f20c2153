import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { silentLogger } from '../base/log.ts'
import { openStateDatabase } from './state-database.ts'
import { MAX_FINDINGS, NOTHING_FOUND } from './verify-store.ts'
import type { Finding, VerifyProgress } from './verify-types.ts'

function openStore(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), 'shoal-verify-'))
  const path = join(folder, 'state.db')
  let state = openStateDatabase(path, { log: silentLogger })
  t.after(() => {
    state.close()
    rmSync(folder, { recursive: true })
  })
  return {
    get store() {
      return state.verify
    },
    reopen() {
      state.close()
      state = openStateDatabase(path, { log: silentLogger })
    },
  }
}

const file = (relPath: string, sizeBytes = 10) => ({ shareId: 1, relPath, cid: `cid-${relPath}`, sizeBytes })
const finding = (path: string): Finding => ({
  path,
  cid: 'c',
  reason: 'blocks',
  blockCount: 2,
  blocks: [3, 5],
})
const progress = (more: Partial<VerifyProgress>): VerifyProgress => ({
  ...{ parts: [], finished: [], findings: [], bytes: 0, unreadBytes: 0, activeMs: 0 },
  ...more,
})

test('files are given out once their target is planned, each once, and survive a restart as far as they are', (t) => {
  const world = openStore(t)
  assert.equal(world.store.run(), undefined)
  world.store.begin(1000)
  world.store.addTargets([
    { shareId: 1, relPath: '' },
    { shareId: 1, relPath: 'b' },
  ])
  const [all, b] = world.store.targets()
  world.store.addFiles(all!.id, [file('a', 100), file('b')])
  assert.deepEqual(world.store.filesAfter(0, 10), [])
  world.reopen()
  // Planned again after a crash: nothing comes twice.
  world.store.addFiles(all!.id, [file('a', 100), file('b')])
  world.store.setPlanned(all!.id)
  world.store.addFiles(b!.id, [file('b'), file('b2')])
  const [first, second] = world.store.filesAfter(0, 10)
  assert.deepEqual([first?.relPath, first?.done.length, first?.found], ['a', 0, NOTHING_FOUND])
  assert.deepEqual(
    world.store.filesAfter(first!.id, 10).map(({ relPath }) => relPath),
    ['b'],
  )
  world.store.setPlanned(b!.id)
  assert.equal(world.store.filesAfter(second!.id, 10)[0]?.relPath, 'b2')
  const found = { wrong: { count: 1, first: [4] }, unreadable: { count: 0, first: [] } }
  const parts = [{ id: first!.id, done: Uint8Array.of(0x80), found }]
  world.store.commit(progress({ parts, finished: [second!.id], bytes: 60, unreadBytes: 4, activeMs: 7 }))
  world.reopen()
  const [left] = world.store.filesAfter(0, 1)
  assert.deepEqual([left?.relPath, [...left!.done], left?.found], ['a', [0x80], found])
  const { id: _, ...run } = world.store.run()!
  assert.deepEqual(run, {
    ...{ state: 'running', startedMs: 1000, endedMs: undefined, activeMs: 7 },
    ...{ files: 1, filesTotal: 3, bytes: 60, bytesTotal: 116, damaged: 0 },
  })
  // What is added later comes after all that was ever given out.
  world.store.commit(progress({ finished: world.store.filesAfter(0, 10).map(({ id }) => id) }))
  world.store.addFiles(b!.id, [file('new')])
  assert.ok(world.store.filesAfter(second!.id, 1)[0]!.id > second!.id + 1)
})

test('findings are numbered in order, kept to the next run, and bounded', (t) => {
  const { store } = openStore(t)
  const { id } = store.begin(1)
  store.commit(progress({ findings: [finding('/a'), finding('/b')] }))
  store.end('stopped', 5)
  assert.deepEqual(store.findings(1, 5), [{ number: 2, ...finding('/b') }])
  assert.deepEqual([store.run()?.state, store.run()?.endedMs, store.targets()], ['stopped', 5, []])
  assert.ok(store.begin(6).id > id)
  assert.deepEqual(store.findings(0, 5), [])
  const many = Array.from({ length: MAX_FINDINGS - 1 }, (_, i) => finding(`/${i}`))
  store.commit(progress({ findings: many }))
  store.commit(progress({ findings: [finding('/last'), finding('/over'), finding('/over')] }))
  assert.deepEqual(store.findings(0, 1), [{ number: 1, ...finding('/0') }])
  assert.deepEqual(
    store.findings(MAX_FINDINGS - 1, 5).map(({ path }) => path),
    ['/last'],
  )
  assert.equal(store.run()?.damaged, MAX_FINDINGS + 2)
})
