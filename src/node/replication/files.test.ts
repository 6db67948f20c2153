import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { ManualClock } from '../../base/clock.ts'
import { seededRandom } from '../../base/random.ts'
import { MIB } from '../../base/units.ts'
import type { Catalogue } from '../../storage/catalogue.ts'
import type { DownloadManager } from '../../transfer/downloads.ts'
import type { ProviderHints } from '../provider-hints.ts'
import { ReplicaFiles } from './files.ts'

/** A folder with one copy in it, as the catalogue has it. */
function setup(t: TestContext, { below = 'replicas', sizeBytes = 2 * MIB + 5 } = {}) {
  const root = mkdtempSync(join(tmpdir(), 'shoal-replicas-'))
  t.after(() => rmSync(root, { recursive: true, force: true }))
  const folder = join(root, below)
  mkdirSync(folder)
  const path = join(folder, 'a.bin')
  const bytes = Buffer.alloc(sizeBytes, 'x')
  writeFileSync(path, bytes)
  const digests = Buffer.concat(
    [0, MIB, 2 * MIB].map((at) =>
      createHash('sha256')
        .update(bytes.subarray(at, at + MIB))
        .digest(),
    ),
  )
  const { size, mtimeMs, ino } = statSync(path)
  const located = {
    ...{ absPath: path, stat: { size, mtimeMs, ino }, others: [] },
    entry: { cid: 'c', kind: 'file', name: 'a.bin', sizeBytes },
    layout: { cid: 'c', sizeBytes, digests },
  }
  const removed: string[] = []
  const files = new ReplicaFiles({
    folder: () => folder,
    catalogue: { find: (cid: string) => (cid === 'c' ? located : undefined) } as unknown as Catalogue,
    library: {
      remove: async (target: string) => removed.push(target),
      changes: { on: () => () => {} },
    } as never,
    downloads: {} as DownloadManager,
    hints: {} as ProviderHints,
    clock: new ManualClock(),
    random: seededRandom(3),
  })
  return { root, path, bytes, files, removed }
}

test('a copy that is let go of is withdrawn and deleted', async (t) => {
  const { files, path, removed } = setup(t)
  assert.deepEqual(files.has('c'), { path, sizeBytes: 2 * MIB + 5 })
  await files.remove('c', path)
  assert.deepEqual(removed, [path])
  assert.equal(existsSync(path), false)
})

test('what somebody has changed, or has elsewhere, is not deleted', async (t) => {
  const { files, path, root } = setup(t)
  writeFileSync(path, 'my own words')
  await files.remove('c', path)
  assert.ok(existsSync(path))
  await files.remove('other', path)
  assert.ok(existsSync(path))
  const elsewhere = setup(t, { below: 'documents' })
  await elsewhere.files.remove('c', elsewhere.path)
  assert.deepEqual(elsewhere.removed, [])
  assert.ok(existsSync(elsewhere.path))
  await files.remove('c', join(root, 'replicas', 'b.bin'))
})

test('a random block is one of the file, with its digest and size', async (t) => {
  const { files, bytes } = setup(t)
  const seen = new Set<number>()
  for (let i = 0; i < 40; i++) {
    const block = (await files.randomBlock('c'))!
    seen.add(block.index)
    const part = bytes.subarray(block.index * MIB, block.index * MIB + block.sizeBytes)
    assert.equal(part.length, block.index === 2 ? 5 : MIB)
    assert.deepEqual(Buffer.from(block.digest), createHash('sha256').update(part).digest())
  }
  assert.deepEqual([...seen].sort(), [0, 1, 2])
  assert.equal(await files.randomBlock('other'), undefined)
})

test('what is free is told also before the folder is there', async (t) => {
  const { files, root } = setup(t)
  rmSync(join(root, 'replicas'), { recursive: true })
  assert.ok((await files.freeBytes()) > 0)
})
