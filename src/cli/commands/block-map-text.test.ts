import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { BlockMapJson } from '../client/rest.ts'
import { mapLines, mapSummary } from './block-map-text.ts'

const map = (have: number[], inFlight = have.map(() => 0)): BlockMapJson => ({
  ...{ blocks: have.length, blockSizeBytes: 1, cells: have.length, have, inFlight },
  ...{ from: have.map(() => -1), flying: have.map(() => -1), sources: [] },
})

test('one character a cell, by how full it is and whether something comes', () => {
  assert.deepEqual(mapLines(map([0, 1, 33, 34, 67, 68, 99, 100]), 3), ['·░░', '▒▒▓', '▓█'])
  assert.deepEqual(mapLines(map([0, 50, 100], [1, 2, 0]), 80), ['▪▪█'])
  assert.deepEqual(mapLines(map([]), 80), [])
})

test('what it comes to', () => {
  assert.equal(mapSummary(map([0, 50], [1, 2]), '1 MiB'), '2 blocks of 1 MiB, 3 coming.')
  assert.equal(mapSummary(map([100]), '1 MiB'), '1 block of 1 MiB, 0 coming.')
  assert.match(mapSummary(map([]), '1 MiB'), /not known/)
})
