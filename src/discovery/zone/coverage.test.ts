import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Coverage } from './coverage.ts'

/** A mate whose point begins with these bits. */
const mate = (bits: string) => ({ point: Number.parseInt(bits.padEnd(32, '0'), 2), bits })
const label = (bits: string) => Number.parseInt(`1${bits}`, 2)

test('nothing is missing without mates; with them, until their part is known', () => {
  const coverage = new Coverage()
  assert.deepEqual(coverage.missing([]), [])
  const mates = [mate('010'), mate('011')]
  assert.deepEqual(coverage.missing(mates), mates)
  coverage.add(label('010'))
  assert.deepEqual(coverage.missing(mates), [mates[1]])
  coverage.add(label('01'))
  assert.deepEqual(coverage.missing(mates), [])
})

test('a zone that splits stays known, of one that merges the other half is not', () => {
  const coverage = new Coverage()
  coverage.add(label('01'))
  coverage.rezone(label('010'))
  assert.deepEqual(coverage.missing([mate('010')]), [])
  coverage.rezone(label('01'))
  assert.deepEqual(coverage.missing([mate('010'), mate('011')]), [mate('011')])
})
