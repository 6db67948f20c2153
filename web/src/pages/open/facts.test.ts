import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { OpenedLink, SearchHit } from '../../api/types.ts'
import { factsOf } from './facts.ts'

const link = (extra: Partial<OpenedLink> = {}): OpenedLink => ({
  cid: 'c',
  peers: [],
  shared: false,
  ...extra,
})
const hit = {
  ...{ event: 'hit', cid: 'c', name: 'theirs.pdf', path: 'theirs.pdf', size: 7, kind: 'file' },
  ...{ providers: [], via: [] },
} as unknown as SearchHit

test('what the link says counts; where it is silent, what those say who have it', () => {
  assert.deepEqual(factsOf(link({ name: 'mine.pdf', size: 5, kind: 'folder' }), hit), {
    cid: 'c',
    name: 'mine.pdf',
    size: 5,
    kind: 'folder',
  })
  assert.deepEqual(factsOf(link(), hit), { cid: 'c', name: 'theirs.pdf', size: 7, kind: 'file' })
  assert.deepEqual(factsOf(link(), undefined), { cid: 'c', name: '', size: undefined, kind: undefined })
  assert.equal(factsOf(link({ size: 0 }), hit).size, 0, 'an empty file has a size')
})
