import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { SearchHit } from '../../api/types.ts'
import { kindCounts, NO_FILTERS, shownHits } from './hits.ts'

const hit = (name: string, size: number, holders: number): SearchHit => ({
  event: 'hit',
  cid: name,
  name,
  path: name,
  size,
  kind: 'file',
  providers: Array.from({ length: holders }, (_, i) => ({ peerId: `p${i}`, name: '', addresses: [] })),
  via: ['zone'],
})
const HITS = [hit('b10.mp3', 30, 1), hit('b9.mp3', 10, 3), hit('a.pdf', 20, 2)]
const names = (hits: SearchHit[]) => hits.map(({ name }) => name).join(' ')

test('filters and orders', () => {
  assert.equal(names(shownHits(HITS, NO_FILTERS, 'best')), 'b10.mp3 b9.mp3 a.pdf')
  assert.equal(names(shownHits(HITS, NO_FILTERS, 'name')), 'a.pdf b9.mp3 b10.mp3', 'numbers as numbers')
  assert.equal(names(shownHits(HITS, NO_FILTERS, 'large')), 'b10.mp3 a.pdf b9.mp3')
  assert.equal(names(shownHits(HITS, NO_FILTERS, 'small')), 'b9.mp3 a.pdf b10.mp3')
  assert.equal(names(shownHits(HITS, NO_FILTERS, 'holders')), 'b9.mp3 a.pdf b10.mp3')
  assert.equal(names(shownHits(HITS, { ...NO_FILTERS, kind: 'audio' }, 'best')), 'b10.mp3 b9.mp3')
  assert.equal(names(shownHits(HITS, { ...NO_FILTERS, minSize: 15, maxSize: 25 }, 'best')), 'a.pdf')
  assert.equal(names(shownHits(HITS, { ...NO_FILTERS, minHolders: 2 }, 'best')), 'b9.mp3 a.pdf')
  assert.deepEqual(kindCounts(HITS), [
    ['audio', 2],
    ['text', 1],
  ])
})
