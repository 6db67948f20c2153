import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkQuery, MAX_SEARCH_LIMIT } from './query.ts'
import { fileEntry } from './testing/shared-set.ts'

const { cid, sha256 } = fileEntry('a.txt')

test('a query takes its one form', () => {
  assert.deepEqual(checkQuery({ words: '  été 数据* ', limit: 1 }), {
    words: 'été 数据*',
    sha256: undefined,
    cid: undefined,
    limit: 1,
  })
  assert.equal(checkQuery({ sha256: ` ${sha256!.toUpperCase()}`, limit: 5 }).sha256, sha256)
  assert.equal(checkQuery({ cid, words: '', limit: MAX_SEARCH_LIMIT }).cid, cid)
})

const wrong: [what: string, query: Parameters<typeof checkQuery>[0], code: string][] = [
  ['nothing', { limit: 1 }, 'INVALID_ARGUMENT'],
  ['blank words', { words: '   ', limit: 1 }, 'INVALID_ARGUMENT'],
  ['words without a letter or digit', { words: '!!! -- ?', limit: 1 }, 'INVALID_ARGUMENT'],
  ['words that are too long', { words: 'é'.repeat(257), limit: 1 }, 'INVALID_ARGUMENT'],
  ['half a SHA-256', { sha256: 'abcd', limit: 1 }, 'INVALID_ARGUMENT'],
  ['a CID that is none', { cid: 'bafyNOT', limit: 1 }, 'INVALID_CID'],
  ['limit 0', { words: 'a', limit: 0 }, 'INVALID_ARGUMENT'],
  ['half a limit', { words: 'a', limit: 1.5 }, 'INVALID_ARGUMENT'],
  ['too high a limit', { words: 'a', limit: MAX_SEARCH_LIMIT + 1 }, 'INVALID_ARGUMENT'],
]

for (const [what, query, code] of wrong) {
  test(`${what} is refused`, () => {
    assert.throws(() => checkQuery(query), { code })
  })
}
