import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import {
  appendFileSync,
  mkdtempSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, beforeEach, test } from 'node:test'
import { OpenFile } from './open-file.ts'

const folder = mkdtempSync(join(tmpdir(), 'shoal-open-'))
after(() => rmSync(folder, { recursive: true, force: true }))
const path = join(folder, 'file')
beforeEach(() => {
  rmSync(path, { force: true })
  writeFileSync(path, 'hello world')
})

const read = (file: OpenFile, length: number, position = 0) => {
  const into = new Uint8Array(length)
  file.readExactly(into, position)
  return Buffer.from(into).toString()
}

test('a file that stays as it is', () => {
  using file = new OpenFile(path)
  assert.equal(file.sizeBytes, 11)
  assert.equal(read(file, 5, 6), 'world')
  file.checkUnchanged()
  file.checkIs(file.facts)
})

const changes: Record<string, () => void> = {
  grows: () => appendFileSync(path, '!'),
  shrinks: () => truncateSync(path, 3),
  'is touched': () => utimesSync(path, 1, 1),
  'goes away': () => unlinkSync(path),
  'is replaced by one alike': () => {
    writeFileSync(`${path}.new`, 'hello world')
    renameSync(`${path}.new`, path)
  },
  'becomes a link': () => {
    renameSync(path, `${path}.old`)
    symlinkSync(`${path}.old`, path)
  },
}

for (const [what, change] of Object.entries(changes)) {
  test(`a file that ${what} while it is read is found out`, () => {
    using file = new OpenFile(path)
    change()
    assert.throws(() => file.checkUnchanged(), { code: 'FILE_CHANGED' })
  })
}

test('a file that ends before its size is found out while reading', () => {
  using file = new OpenFile(path)
  truncateSync(path, 3)
  assert.throws(() => read(file, 11), { code: 'FILE_CHANGED' })
})

test('another file than the one seen before is found out', () => {
  using first = new OpenFile(path)
  const { size, mtimeMs, ino } = first.facts
  for (const other of [
    { size: size + 1, mtimeMs, ino },
    { size, mtimeMs: mtimeMs + 1, ino },
    { size, mtimeMs, ino: ino + 1 },
  ]) {
    assert.throws(() => first.checkIs(other), { code: 'FILE_CHANGED' })
  }
})

test('what is no regular file is refused, and a pipe does not block', {
  skip: process.platform === 'win32',
}, () => {
  const pipe = join(folder, 'pipe')
  const link = join(folder, 'link')
  execFileSync('mkfifo', [pipe])
  symlinkSync(path, link)
  for (const wrong of [folder, pipe, link]) {
    assert.throws(() => new OpenFile(wrong), { code: 'INVALID_ARGUMENT', message: new RegExp(wrong) }, wrong)
  }
  assert.throws(() => new OpenFile(join(folder, 'nothing')), { code: 'NOT_FOUND', message: /nothing/ })
})

test('a file that may not be read is refused with its name', { skip: process.getuid?.() === 0 }, () => {
  const secret = join(folder, 'secret')
  writeFileSync(secret, 'x', { mode: 0o000 })
  assert.throws(() => new OpenFile(secret), { code: 'PERMISSION_DENIED', message: /secret/ })
})
