import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { type TestContext, test } from 'node:test'
import fc from 'fast-check'
import { type Clock, ManualClock, systemClock } from '../base/clock.ts'
import { ShoalError } from '../base/errors.ts'
import { systemRandom } from '../base/random.ts'
import type { SharedEntry } from '../content/entry.ts'
import { IncomingFiles, type IncomingSetup } from './incoming-files.ts'

const bytesOf = (text: string) => Buffer.from(text)
async function* pieces(...parts: Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* parts
}
const signal = new AbortController().signal

function setup(t: TestContext, more: Partial<IncomingSetup> & { clock?: Clock } = {}) {
  const root = mkdtempSync(join(tmpdir(), 'shoal-incoming-'))
  t.after(() => rmSync(root, { recursive: true, force: true }))
  const folder = join(root, 'downloads', 'shared')
  const added: string[] = []
  const library = {
    addNow: async (path: string): Promise<SharedEntry[]> => {
      added.push(path)
      const bytes = readFileSync(path)
      const sha256 = createHash('sha256').update(bytes).digest('hex')
      const name = basename(path)
      return [{ cid: 'c', sha256, name, path: name, sizeBytes: bytes.length, kind: 'file', modifiedMs: 0 }]
    },
  }
  const files = new IncomingFiles({
    ...{ folder: () => folder, library, clock: systemClock, random: systemRandom },
    ...more,
  })
  const receive = (name: string, ...parts: Uint8Array[]) => files.receive(name, pieces(...parts), { signal })
  const there = () => (existsSync(folder) ? readdirSync(folder).sort() : [])
  return { root, folder, files, receive, added, there }
}

test('a file comes in, is written in full and shared', async (t) => {
  const { folder, receive, added, there } = setup(t)
  const { entry, created } = await receive('a b.txt', bytesOf('hello '), bytesOf(''), bytesOf('world'))
  const path = join(folder, 'a b.txt')
  assert.deepEqual([created, entry.absPath, entry.sizeBytes], [true, path, 11])
  assert.equal(readFileSync(path, 'utf8'), 'hello world')
  assert.deepEqual(added, [path])
  assert.deepEqual(there(), ['a b.txt'], 'and nothing else')
  assert.equal((await receive('empty')).entry.sizeBytes, 0)
})

test('nothing is replaced: the same content is found, other content gets another name', async (t) => {
  const { folder, receive, there } = setup(t)
  const names = async (...given: [string, string][]) => {
    const out: [string, boolean][] = []
    for (const [name, text] of given) {
      const { entry, created } = await receive(name, bytesOf(text))
      out.push([entry.name, created])
    }
    return out
  }
  assert.deepEqual(
    await names(
      ['a.tar.gz', 'one'],
      ['a.tar.gz', 'one'],
      ['a.tar.gz', 'two'],
      ['a.tar.gz', 'two'],
      ['a.tar.gz', 'six!'],
    ),
    [
      ['a.tar.gz', true],
      ['a.tar.gz', false],
      ['a (2).tar.gz', true],
      ['a (2).tar.gz', false],
      ['a (3).tar.gz', true],
    ],
  )
  mkdirSync(join(folder, 'd'))
  assert.deepEqual(await names(['d', 'x']), [['d (2)', true]])
  assert.equal(readFileSync(join(folder, 'a.tar.gz'), 'utf8'), 'one')
  assert.deepEqual(there(), ['a (2).tar.gz', 'a (3).tar.gz', 'a.tar.gz', 'd', 'd (2)'])
})

test('many of the same name at once: each content once, each whole', async (t) => {
  const { folder, receive, there } = setup(t)
  const texts = ['aaaa', 'bbbb', 'aaaa', 'cccc']
  const all = await Promise.all(
    texts.map((text) => receive('x.bin', bytesOf(text.slice(0, 2)), bytesOf(text.slice(2)))),
  )
  assert.equal(all.filter(({ created }) => created).length, 3)
  for (const [i, { entry }] of all.entries()) assert.equal(readFileSync(entry.absPath, 'utf8'), texts[i])
  assert.deepEqual(there(), ['x (2).bin', 'x (3).bin', 'x.bin'])
  assert.deepEqual(
    there()
      .map((name) => readFileSync(join(folder, name), 'utf8'))
      .sort(),
    ['aaaa', 'bbbb', 'cccc'],
  )
})

test('whatever the name, the file lands in the folder, or is refused before anything is read', async (t) => {
  const { root, folder, files } = setup(t)
  const names = fc.oneof(
    fc.string({ unit: 'binary', minLength: 1, maxLength: 60 }),
    fc.constantFrom(
      '..',
      '.',
      '../../x',
      '/etc/passwd',
      'a/b\\c',
      'a\0b',
      'CON',
      '.bashrc',
      'x.part',
      '~$x',
      'x'.repeat(255),
    ),
    fc.constantFrom('数'.repeat(85), `${'数'.repeat(200)}.txt`, '\u202egpj.exe', '__proto__', 'Thumbs.db'),
  )
  let count = 0
  await fc.assert(
    fc.asyncProperty(names, async (name) => {
      let read = false
      const content = `${count++}`
      async function* body() {
        read = true
        yield bytesOf(content)
      }
      try {
        const { entry } = await files.receive(name, body(), { signal })
        assert.equal(join(folder, basename(entry.absPath)), entry.absPath)
        assert.equal(readFileSync(entry.absPath, 'utf8'), content)
        assert.ok(!basename(entry.absPath).startsWith('.'))
      } catch (error) {
        assert.ok(error instanceof ShoalError && error.code === 'INVALID_ARGUMENT', String(error))
        assert.equal(read, false)
      }
    }),
    { numRuns: 150 },
  )
  assert.deepEqual(readdirSync(root), ['downloads'])
  assert.deepEqual(readdirSync(join(root, 'downloads')), ['shared'])
})

test('what breaks off, fails or comes too late leaves nothing', async (t) => {
  const clock = new ManualClock()
  const { files, added, there } = setup(t, { clock, options: { stallMs: 1000 } })
  const failing = async function* (error: Error) {
    yield bytesOf('half')
    throw error
  }
  const cases: [Error, string][] = [
    [Object.assign(new Error('aborted'), { code: 'ECONNRESET' }), 'CANCELLED'],
    [Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' }), 'NO_SPACE'],
    [new Error('whatever'), 'IO'],
  ]
  for (const [error, code] of cases)
    await assert.rejects(files.receive('a', failing(error), { signal }), { code })
  const never = async function* () {
    yield bytesOf('half')
    await new Promise(() => undefined)
  }
  const gone = new AbortController()
  const left = files.receive('a', never(), { signal: gone.signal })
  const refused = assert.rejects(left, { code: 'CANCELLED' })
  while (there().length === 0) await new Promise((resolve) => setImmediate(resolve))
  assert.match(there()[0]!, /^incoming-[0-9a-f]{16}\.part$/)
  gone.abort(new ShoalError('CANCELLED'))
  await refused
  const late = assert.rejects(files.receive('a', never(), { signal }), { code: 'TIMED_OUT' })
  // The wait for the second piece begins when the first one is on the disk.
  let isOver = false
  void late.finally(() => {
    isOver = true
  })
  while (!isOver) await clock.advance(1000)
  await late
  assert.deepEqual([there(), added], [[], []])
})

test('what cannot fit is refused before it is read, and so is one too many', async (t) => {
  const { files, receive, there } = setup(t, { freeBytes: async () => 10 })
  const unread = async function* () {
    yield assert.fail('it was read') as never
  }
  await assert.rejects(files.receive('a', unread(), { signal, sizeBytes: 11 }), { code: 'NO_SPACE' })
  await files.receive('a', pieces(randomBytes(10)), { signal, sizeBytes: 10 })
  const gates = Array.from({ length: 4 }, () => Promise.withResolvers<void>())
  const waiting = gates.map(({ promise }, i) =>
    files.receive(
      `w${i}`,
      (async function* () {
        await promise
        yield bytesOf('x')
      })(),
      { signal },
    ),
  )
  await assert.rejects(files.receive('b', unread(), { signal }), { code: 'BUSY' })
  for (const { resolve } of gates) resolve()
  await Promise.all(waiting)
  assert.equal((await receive('b', bytesOf('x'))).created, true)
  assert.deepEqual(there(), ['a', 'b', 'w0', 'w1', 'w2', 'w3'])
})

test('what a crash left is removed after a day', async (t) => {
  const { folder, receive, there } = setup(t)
  mkdirSync(folder, { recursive: true })
  const old = new Date(Date.now() - 25 * 3_600_000)
  for (const name of ['incoming-0123456789abcdef.part', 'incoming-fedcba9876543210.part', 'other.part'])
    writeFileSync(join(folder, name), 'x')
  for (const name of ['incoming-0123456789abcdef.part', 'other.part'])
    utimesSync(join(folder, name), old, old)
  await receive('a', bytesOf('x'))
  assert.deepEqual(there(), ['a', 'incoming-fedcba9876543210.part', 'other.part'])
})
