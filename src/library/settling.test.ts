import assert from 'node:assert/strict'
import { appendFileSync, mkdtempSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { ManualClock } from '../base/clock.ts'
import { toDiskStat } from './listing.ts'
import { isOld, settleVerdict } from './settle.ts'
import { Settling } from './settling.ts'

test('a file is imported when it stood still long enough, and never while it changes', () => {
  const stat = { size: 1, mtimeMs: 1000, ino: 5, ctimeMs: 1000 }
  const seen = { stat, sinceMs: 100 }
  const cases = [
    [stat, 100, 'wait'],
    [stat, 299, 'wait'],
    [stat, 300, 'ready'],
    [{ ...stat, ctimeMs: 2000 }, 300, 'ready'],
    [{ ...stat, size: 2 }, 300, 'again'],
    [{ ...stat, mtimeMs: 1001 }, 900, 'again'],
    [{ ...stat, ino: 6 }, 100, 'again'],
  ] as const
  for (const [now, steadyMs, verdict] of cases) {
    assert.equal(settleVerdict(seen, now, { steadyMs, settleMs: 200 }), verdict)
  }
})

test('a file whose times are old has settled already; a set time alone does not deceive', () => {
  const old = { size: 1, mtimeMs: 1000, ino: 5, ctimeMs: 1000 }
  assert.equal(isOld(old, 3000, 2000), true)
  assert.equal(isOld(old, 2999, 2000), false)
  assert.equal(isOld({ ...old, ctimeMs: 2500 }, 3000, 2000), false)
  assert.equal(isOld({ ...old, mtimeMs: 9000 }, 3000, 2000), false)
  assert.equal(isOld(old, 1000, 0), true)
})

function makeSettling(t: TestContext, capacity = 10) {
  const folder = mkdtempSync(join(tmpdir(), 'shoal-settling-'))
  const path = join(folder, 'f')
  writeFileSync(path, 'one')
  const clock = new ManualClock(Date.now())
  const ready: [string, number][] = []
  let empty = 0
  const settling = new Settling({
    clock,
    settleMs: 2000,
    capacity,
    onReady: (file, stat) => ready.push([file.relPath, stat.size]),
    onEmpty: () => empty++,
  })
  t.after(async () => {
    await settling.stop()
    rmSync(folder, { recursive: true })
  })
  /** Lets `ms` go by, and whatever looks at the disk come to its end. */
  const pass = async (ms: number) => {
    for (let passed = 0; passed < ms; passed += 100) {
      await clock.advance(100)
      await new Promise((resolve) => setTimeout(resolve, 1))
    }
  }
  const file = (relPath = 'f') => ({ shareId: 1, relPath, absPath: path })
  const offer = (relPath?: string) => settling.offer(file(relPath), toDiskStat(statSync(path)))
  return { path, clock, ready, settling, pass, offer, emptied: () => empty }
}

test('a file that is being written waits until the writing has stopped for the whole time', async (t) => {
  const { path, clock, ready, settling, pass, offer, emptied } = makeSettling(t)
  assert.equal(offer(), true)
  for (let i = 0; i < 5; i++) {
    await pass(1500)
    appendFileSync(path, 'x')
    utimesSync(path, clock.now() / 1000, clock.now() / 1000)
    // What the watcher sees comes on top of what the timer sees.
    if (i % 2) offer()
  }
  assert.deepEqual([ready, settling.size], [[], 1])
  await pass(4000)
  assert.deepEqual([ready, settling.size, emptied()], [[['f', 8]], 0, 1])
})

test('a file that goes is forgotten; there is a bound, and what is dropped is not handed on', async (t) => {
  const { path, ready, settling, pass, offer, emptied } = makeSettling(t, 2)
  assert.equal(offer('a'), true)
  assert.equal(offer('b'), true)
  assert.equal(offer('c'), false)
  assert.equal(offer('a'), true)
  settling.drop((file) => file.relPath === 'a')
  assert.equal(settling.size, 1)
  rmSync(path)
  await pass(3000)
  assert.deepEqual([ready, settling.size, emptied()], [[], 0, 1])
})
