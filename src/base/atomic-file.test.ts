import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { writeFileAtomic } from './atomic-file.ts'

test('replaces a file whole, with the mode asked for, and leaves nothing else', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'shoal-atomic-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const path = join(folder, 'file')
  writeFileSync(path, 'old', { mode: 0o644 })
  writeFileAtomic(path, 'new content', 0o600)
  assert.equal(readFileSync(path, 'utf8'), 'new content')
  assert.equal(statSync(path).mode & 0o777, 0o600)
  assert.deepEqual(readdirSync(folder), ['file'])
})

test('a write that fails keeps the old file', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'shoal-atomic-'))
  t.after(() => rmSync(folder, { recursive: true }))
  assert.throws(() => writeFileAtomic(join(folder, 'missing', 'file'), 'x', 0o600), { code: 'ENOENT' })
  assert.throws(() => writeFileAtomic(folder, 'x', 0o600))
  assert.deepEqual(readdirSync(folder), [])
})
