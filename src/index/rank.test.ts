import assert from 'node:assert/strict'
import { test } from 'node:test'
import { nameOf, rankFound } from './rank.ts'
import type { FoundEntry } from './records.ts'

const found = (path: string, holders: number): FoundEntry => ({
  id: 1,
  cid: path,
  sha256: undefined,
  path,
  kind: 'folder',
  sizeBytes: 0,
  modifiedMs: 0,
  shelves: Array.from({ length: holders }, (_, i) => i),
})

test('words in the name count before words in the folders, then the number of providers', () => {
  const entries = [
    found('blue whale/notes.txt', 9),
    found('sounds/Whale song.mp3', 1),
    found('sounds/blue WHALE.mp3', 1),
    found('x/whale.txt', 4),
  ]
  const order = (words: string[]) => rankFound(entries, words).map((entry) => nameOf(entry.path))
  assert.deepEqual(order(['blue', 'whale']), ['blue WHALE.mp3', 'whale.txt', 'Whale song.mp3', 'notes.txt'])
  assert.deepEqual(order([]), ['notes.txt', 'Whale song.mp3', 'blue WHALE.mp3', 'whale.txt'])
  assert.equal(nameOf('alone'), 'alone')
})
