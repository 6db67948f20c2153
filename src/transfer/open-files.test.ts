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

/** What is read as text, and the stat. */
async function read(files: OpenFiles, path: string, offset: number, length: number) {
  const into = new Uint8Array(length)
  const found = await files.readInto(path, offset, into)
  return { text: Buffer.from(into.subarray(0, found.length)).toString(), stat: found.stat }
}

test('reads at a place, up to the end, and says what the file was then', async () => {
  const files = new OpenFiles(2, new ManualClock())
  const path = file('a', 'hello')
  const { text, stat } = await read(files, path, 1, 3)
  assert.equal(text, 'ell')
  const { size, mtimeMs, ino } = statSync(path)
  assert.deepEqual(stat, { size, mtimeMs, ino })
  assert.equal((await read(files, path, 4, 100)).text, 'o')
  files.close()
})

test('keeps at most so many open, and none that nobody reads', async () => {
  const clock = new ManualClock()
  const files = new OpenFiles(2, clock)
  const paths = ['b', 'c', 'd'].map((name) => file(name, name))
  const found = await Promise.all(paths.map((path) => read(files, path, 0, 1)))
  assert.deepEqual(
    found.map(({ text }) => text),
    ['b', 'c', 'd'],
  )
  assert.equal(files.size, 2)
  await clock.advance(10_000)
  assert.equal(files.size, 0)
})

test('a file that took the name of another is read after the old one is forgotten', async () => {
  const files = new OpenFiles(2, new ManualClock())
  const path = file('e', 'old')
  await read(files, path, 0, 3)
  renameSync(file('new', 'new'), path)
  assert.equal((await read(files, path, 0, 3)).text, 'old')
  files.forget(path)
  assert.equal((await read(files, path, 0, 3)).text, 'new')
  files.close()
})

test('what is not there, and a symbolic link, are errors each time', async () => {
  const files = new OpenFiles(2, new ManualClock())
  symlinkSync(file('target', 'x'), join(root, 'link'))
  for (const name of ['missing', 'missing', 'link', 'link'])
    await assert.rejects(read(files, join(root, name), 0, 1))
  assert.equal(files.size, 0)
})
