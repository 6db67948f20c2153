import assert from 'node:assert/strict'
import { test } from 'node:test'
import { etaMsOf, type Sample, withSample } from './eta.ts'

const at = (seconds: number, done: number, total = 100): Sample => ({ atMs: seconds * 1000, done, total })
const samples = (...list: Sample[]) => list.reduce<readonly Sample[]>(withSample, [])

test('time left follows from the rate of the last seconds', () => {
  assert.equal(etaMsOf(samples(at(0, 0), at(2, 20))), 8000)
  assert.equal(
    etaMsOf(samples(at(0, 0), at(100, 10), at(110, 20))),
    80_000,
    'what is long ago does not count',
  )
  assert.equal(etaMsOf(samples(at(0, 0), at(1, 100))), 0)
})

test('without progress nothing can be told', () => {
  assert.equal(etaMsOf([]), undefined)
  assert.equal(etaMsOf(samples(at(0, 5))), undefined)
  assert.equal(etaMsOf(samples(at(0, 5), at(1, 5))), undefined)
  assert.equal(etaMsOf(samples(at(0, 90), at(1, 5))), undefined, 'other work has begun')
})

test('samples are bounded', () => {
  const many = Array.from({ length: 1000 }, (_, index) => at(index / 1000, index, 1000))
  assert.equal(samples(...many).length, 60)
})
