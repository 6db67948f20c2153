import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { existsSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { systemClock } from '../../base/clock.ts'
import { ShoalError } from '../../base/errors.ts'
import { silentLogger } from '../../base/log.ts'
import { systemRandom } from '../../base/random.ts'
import type { SharedEntry } from '../../content/entry.ts'
import { IncomingFiles } from '../incoming-files.ts'
import { GuestFolder } from './guest-folder.ts'

const signal = new AbortController().signal

async function* pieces(...parts: string[]): AsyncGenerator<Uint8Array> {
  for (const part of parts) yield Buffer.from(part)
}

function setup(t: TestContext, { maxBytes = 100 } = {}) {
  const root = mkdtempSync(join(tmpdir(), 'shoal-guests-'))
  t.after(() => rmSync(root, { recursive: true, force: true }))
  const shared = new Set<string>()
  const library = {
    addNow: async (path: string): Promise<SharedEntry[]> => {
      shared.add(path)
      const bytes = readFileSync(path)
      const sha256 = createHash('sha256').update(bytes).digest('hex')
      const name = basename(path)
      return [{ cid: 'c', sha256, name, path: name, sizeBytes: bytes.length, kind: 'file', modifiedMs: 0 }]
    },
    remove: async (path: string) => {
      if (!shared.delete(path)) throw new ShoalError('NOT_FOUND', `${path} is not shared.`)
      return 1
    },
  }
  const folder = join(root, 'guests')
  const open = () =>
    new GuestFolder({
      ...{ library, maxBytes, log: silentLogger, listPath: join(root, 'guests.json') },
      incoming: new IncomingFiles({
        folder: () => folder,
        library,
        clock: systemClock,
        random: systemRandom,
      }),
    })
  return { root, folder, shared, open }
}

test('a file is kept and shared, and gone when it is dropped', async (t) => {
  const { folder, shared, open } = setup(t)
  const guests = open()
  const kept = await guests.keep('/etc/a.txt', pieces('hello ', 'world'), signal)
  assert.deepEqual([kept.sizeBytes, guests.room(), guests.has(kept.path)], [11, 89, true])
  assert.ok(kept.path.startsWith(`${folder}/`))
  assert.deepEqual([...shared], [kept.path])
  await guests.drop(kept)
  assert.deepEqual([existsSync(kept.path), shared.size, guests.room()], [false, 0, 100])
  await guests.drop(kept)
})

test('what somebody changed or put there is withdrawn or left alone, and never deleted', async (t) => {
  const { folder, shared, open } = setup(t)
  const guests = open()
  const kept = await guests.keep('a.txt', pieces('hello'), signal)
  writeFileSync(kept.path, 'my own words')
  await guests.drop(kept)
  assert.deepEqual([readFileSync(kept.path, 'utf8'), shared.size], ['my own words', 0])
  const mine = join(folder, 'b.txt')
  writeFileSync(mine, 'mine')
  const same = await guests.keep('b.txt', pieces('mine'), signal)
  assert.equal(same.path, mine)
  await guests.drop(same)
  assert.deepEqual([existsSync(mine), shared.has(mine)], [true, true])
})

test('what the last run left is taken away, and nothing else', async (t) => {
  const { root, folder, shared, open } = setup(t)
  const before = open()
  const [a, b] = [await before.keep('a', pieces('a'), signal), await before.keep('b', pieces('b'), signal)]
  utimesSync(b.path, 1, 1)
  writeFileSync(join(folder, 'c'), 'c')
  const after = open()
  await after.clear()
  assert.deepEqual(
    [existsSync(a.path), existsSync(b.path), existsSync(join(folder, 'c'))],
    [false, true, true],
  )
  assert.deepEqual([shared.size, after.room()], [0, 100])
  for (const text of [
    '',
    '{',
    '[]',
    '{"files":[{}]}',
    '{"files":[null]}',
    '{"files":[{"path":"/etc/passwd"}]}',
  ]) {
    writeFileSync(join(root, 'guests.json'), text)
    await open().clear()
  }
  assert.ok(existsSync('/etc/passwd'))
})

test('one that comes again while it is taken away is fetched anew', async (t) => {
  const { open, shared } = setup(t)
  const guests = open()
  const first = await guests.keep('a', pieces('a'), signal)
  const [dropped, again] = await Promise.allSettled([
    guests.drop(first),
    guests.keep('a', pieces('a'), signal),
  ])
  assert.equal(dropped.status, 'fulfilled')
  if (again.status === 'rejected') assert.equal(again.reason.code, 'CONFLICT')
  const kept = again.status === 'fulfilled' ? again.value : await guests.keep('a', pieces('a'), signal)
  assert.deepEqual(
    [readFileSync(kept.path, 'utf8'), shared.has(kept.path), guests.has(kept.path)],
    ['a', true, true],
  )
})

test('what comes in counts for the room, and does no longer when it broke off', async (t) => {
  const { open } = setup(t)
  const guests = open()
  const seen: number[] = []
  async function* body() {
    yield Buffer.from('x'.repeat(60))
    seen.push(guests.room())
    throw new Error('gone')
  }
  await assert.rejects(guests.keep('a', body(), signal))
  assert.deepEqual([seen, guests.room()], [[40], 100])
})
