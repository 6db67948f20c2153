import assert from 'node:assert/strict'
import { mkdtempSync, renameSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { ManualClock } from '../base/clock.ts'
import { OpenFiles } from './open-files.ts'

const root = mkdtempSync(join(tmpdir(), 'shoal-open-'))
after(() => rmSync(root, { recursive: true, force: true }))

function file(name: string, text: string): string {
  const path = join(root, name)
  writeFileSync(path, text)
  return path
}

const text = (bytes: Uint8Array) => Buffer.from(bytes).toString()

test('reads at a place, up to the end, and says what the file was then', async () => {
  const files = new OpenFiles(2, new ManualClock())
  const path = file('a', 'hello')
  const { bytes, stat } = await files.read(path, 1, 3)
  assert.equal(text(bytes), 'ell')
  const { size, mtimeMs, ino } = statSync(path)
  assert.deepEqual(stat, { size, mtimeMs, ino })
  assert.equal(text((await files.read(path, 4, 100)).bytes), 'o')
  files.close()
})

test('keeps at most so many open, and none that nobody reads', async () => {
  const clock = new ManualClock()
  const files = new OpenFiles(2, clock)
  const paths = ['b', 'c', 'd'].map((name) => file(name, name))
  const read = await Promise.all(paths.map((path) => files.read(path, 0, 1)))
  assert.deepEqual(
    read.map(({ bytes }) => text(bytes)),
    ['b', 'c', 'd'],
  )
  assert.equal(files.size, 2)
  await clock.advance(10_000)
  assert.equal(files.size, 0)
})

test('a file that took the name of another is read after the old one is forgotten', async () => {
  const files = new OpenFiles(2, new ManualClock())
  const path = file('e', 'old')
  await files.read(path, 0, 3)
  renameSync(file('new', 'new'), path)
  assert.equal(text((await files.read(path, 0, 3)).bytes), 'old')
  files.forget(path)
  assert.equal(text((await files.read(path, 0, 3)).bytes), 'new')
  files.close()
})

test('what is not there, and a symbolic link, are errors each time', async () => {
  const files = new OpenFiles(2, new ManualClock())
  symlinkSync(file('target', 'x'), join(root, 'link'))
  for (const name of ['missing', 'missing', 'link', 'link'])
    await assert.rejects(files.read(join(root, name), 0, 1))
  assert.equal(files.size, 0)
})
