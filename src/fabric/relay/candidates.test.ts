import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualClock } from '../../base/clock.ts'
import { seededRandom } from '../../base/random.ts'
import { RelayCandidates } from './candidates.ts'

const NONE: ReadonlySet<string> = new Set()

function make() {
  const clock = new ManualClock()
  return { clock, candidates: new RelayCandidates({ clock, random: seededRandom(7) }) }
}

test('asks the preferred first, then those that failed least, and nobody twice', () => {
  const { candidates } = make()
  candidates.add('found')
  candidates.prefer(['server'])
  assert.equal(candidates.next(NONE), 'server')
  assert.equal(candidates.next(new Set(['server'])), 'found')
  assert.equal(candidates.next(new Set(['server', 'found'])), undefined)
  assert.equal(candidates.waitMs(new Set(['server', 'found'])), undefined)
})

test('waits longer after each failure, at most five minutes, and never gives up', async () => {
  const { clock, candidates } = make()
  candidates.add('relay')
  const waits: number[] = []
  for (let i = 0; i < 20; i++) {
    candidates.failed('relay')
    assert.equal(candidates.next(NONE), undefined)
    const waitMs = candidates.waitMs(NONE)!
    waits.push(waitMs)
    await clock.advance(waitMs)
    assert.equal(candidates.next(NONE), 'relay')
  }
  assert.ok(waits[0]! <= 2000, 'a relay that restarts is asked again soon')
  assert.ok(waits.every((waitMs) => waitMs <= 300_000))
  assert.ok(waits.at(-1)! >= 150_000)
  candidates.succeeded('relay')
  candidates.failed('relay')
  assert.ok(candidates.waitMs(NONE)! <= 2000)
})

test('keeps to the time that the relay has named', async () => {
  const { clock, candidates } = make()
  candidates.add('relay')
  candidates.failed('relay', 600_000)
  await clock.advance(599_999)
  assert.equal(candidates.next(NONE), undefined)
  await clock.advance(1)
  assert.equal(candidates.next(NONE), 'relay')
})

test('remembers a bounded number, and the preferred in any case', () => {
  const { candidates } = make()
  candidates.prefer(['server'])
  candidates.failed('server')
  for (let i = 0; i < 1000; i++) candidates.add(`relay ${i}`)
  assert.equal(candidates.size, 64)
  assert.ok(candidates.isPreferred('server'))
})
