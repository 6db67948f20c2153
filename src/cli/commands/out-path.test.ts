import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { outPath } from './out-path.ts'

const folder = mkdtempSync(join(tmpdir(), 'shoal-out-'))
after(() => rmSync(folder, { recursive: true, force: true }))

test('--out is a file, or a folder when it is one or is written like one', () => {
  mkdirSync(join(folder, 'there'))
  const cases: [string, string][] = [
    ['file.bin', `${folder}/file.bin`],
    ['there', `${folder}/there/`],
    ['there/', `${folder}/there/`],
    ['new/', `${folder}/new/`],
    ['there/../other', `${folder}/other`],
    ['.', `${folder}/`],
    ['/', '/'],
    ['/abs/file', '/abs/file'],
  ]
  for (const [given, expected] of cases) assert.equal(outPath(given, folder), expected, given)
})

test('--out without a path, or with one that no system takes, is wrong usage', () => {
  for (const given of ['', 'x'.repeat(300)])
    assert.throws(() => outPath(given, folder), { code: 'INVALID_ARGUMENT' })
})
