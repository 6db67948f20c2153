import assert from 'node:assert/strict'
import { test } from 'node:test'
import { limitsFor, NO_LIMITS } from './rates.ts'

const all = { ...NO_LIMITS, all: 10, perPeer: 5 }

test('limits hold for far peers; for near ones the local limit, and the others only when told so', () => {
  const table: [isLan: boolean, rates: typeof all, shared: string[], own: number][] = [
    [false, NO_LIMITS, [], 0],
    [true, NO_LIMITS, [], 0],
    [false, all, ['all'], 5],
    [true, all, [], 0],
    [true, { ...all, lan: 100 }, ['lan'], 0],
    [false, { ...all, lan: 100 }, ['all'], 5],
    [true, { ...all, includeLan: true }, ['all'], 5],
    [true, { ...all, lan: 100, includeLan: true }, ['all', 'lan'], 5],
    [false, { ...NO_LIMITS, perPeer: 7, includeLan: true }, [], 7],
  ]
  for (const [isLan, rates, shared, own] of table)
    assert.deepEqual(limitsFor({ isLan }, rates), { shared, own }, JSON.stringify([isLan, rates]))
})
