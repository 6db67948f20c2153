import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { silentLogger } from '../base/log.ts'
import { Catalogue } from './catalogue.ts'
import type { FilesStep } from './layout-table.ts'

function all(step: (after: number) => FilesStep): { files: string[]; steps: number } {
  const files: string[] = []
  let steps = 0
  for (let after: number | undefined = 0; after !== undefined; steps++) {
    const found: FilesStep = step(after)
    files.push(...found.files)
    after = found.next
  }
  return { files, steps }
}

test('files are found by a digest and by their size, in steps', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'shoal-layouts-'))
  const { catalogue } = Catalogue.open(join(folder, 'catalogue.db'), { log: silentLogger })
  t.after(() => {
    catalogue.close()
    rmSync(folder, { recursive: true })
  })
  const { id: shareId } = catalogue.addShare('/data', 'folder', 'user')
  const digests = Array.from({ length: 1500 }, (_, i) => randomBytes(32 * (2 + (i % 10))))
  const files = digests.map((each, i) => ({
    ...{ shareId, relPath: `f${i}`, cid: `cid-${i}`, sha256: 'ab', digests: each, totalBytes: 1 },
    stat: { size: each.length, mtimeMs: 1, ino: 1 },
  }))
  catalogue.putFiles(files)
  for (const i of [0, 63, 64, 777, 1499]) {
    const found = all((after) => catalogue.filesWithDigest(digests[i]!.subarray(-32), after))
    assert.deepEqual(found.files, [`cid-${i}`])
    assert.ok(found.steps > 20)
  }
  assert.deepEqual(all((after) => catalogue.filesWithDigest(randomBytes(32), after)).files, [])
  const large = all((after) => catalogue.filesLargerThan(10, after))
  assert.deepEqual(large, { files: files.filter((_, i) => i % 10 === 9).map(({ cid }) => cid), steps: 2 })
})
