import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { ShoalError } from '../../base/errors.ts'
import { wordsOf } from '../../base/words.ts'
import { LOCATOR_NAMES } from '../../discovery/locator.ts'
import { CID_A, SHA_A } from '../testing/fake-node.ts'
import { SEARCH_BOUNDS, type SearchInput, searchRequest } from './search-request.ts'

test('a search in its canonical form', () => {
  assert.deepEqual(
    searchRequest({ q: ' Été* ', via: ['index', ' library', 'index', ''], limit: 7, timeoutMs: 50 }),
    {
      query: { words: 'Été*', limit: 7 },
      via: ['index', 'library'],
      timeoutMs: 50,
    },
  )
  assert.deepEqual(
    searchRequest({ q: '', sha256: SHA_A.toUpperCase(), cid: ` ${CID_A}`.trim(), via: [''] }),
    {
      query: { sha256: SHA_A, cid: CID_A, limit: SEARCH_BOUNDS.defaultLimit },
      via: undefined,
      timeoutMs: undefined,
    },
  )
})

test('what cannot be searched for names the field', () => {
  const table: [SearchInput, RegExp][] = [
    [{}, /q \(words\), sha256 or cid/],
    [{ q: '  ' }, /q \(words\), sha256 or cid/],
    [{ q: '*?!' }, /^q:/],
    [{ q: 'é'.repeat(257) }, /^q:.*512 bytes/],
    [{ sha256: 'xyz' }, /^sha256:/],
    [{ q: 'a', via: ['moon'] }, /^via: moon.*index, zone/],
    [{ q: 'a', limit: 0 }, /^limit:/],
    [{ q: 'a', limit: 1.5 }, /^limit:/],
    [{ q: 'a', limit: 1001 }, /^limit:/],
    [{ q: 'a', timeoutMs: -1 }, /^timeoutMs:/],
  ]
  for (const [input, message] of table)
    assert.throws(
      () => searchRequest(input),
      (error) =>
        error instanceof ShoalError && error.code === 'INVALID_ARGUMENT' && message.test(error.message),
      JSON.stringify(input),
    )
  assert.throws(() => searchRequest({ cid: 'nonsense' }), { code: 'INVALID_CID' })
})

test('whatever is asked, the answer is a search within the bounds or a refusal', () => {
  const text = fc.option(fc.string({ unit: 'grapheme' }), { nil: undefined })
  const inputs = fc.record({
    q: text,
    sha256: fc.oneof(fc.constant(SHA_A), text),
    cid: fc.oneof(fc.constant(CID_A), text),
    via: fc.option(fc.array(fc.oneof(fc.constantFrom(...LOCATOR_NAMES, 'library'), fc.string())), {
      nil: undefined,
    }),
    limit: fc.option(fc.oneof(fc.double(), fc.integer({ min: -5, max: 1100 })), { nil: undefined }),
    timeoutMs: fc.option(fc.oneof(fc.double(), fc.integer({ min: -5, max: 700_000 })), { nil: undefined }),
  })
  fc.assert(
    fc.property(inputs, (input) => {
      let request: ReturnType<typeof searchRequest>
      try {
        request = searchRequest(input)
      } catch (error) {
        assert.ok(error instanceof ShoalError)
        assert.equal(error.kind.http, 400)
        return
      }
      const { words, sha256, cid, limit } = request.query
      assert.ok(words !== undefined || sha256 !== undefined || cid !== undefined)
      if (words !== undefined) assert.ok(wordsOf(words).length > 0)
      assert.ok(limit >= 1 && limit <= SEARCH_BOUNDS.maxLimit)
      assert.ok(request.via === undefined || request.via.length > 0)
    }),
    { numRuns: 2000 },
  )
})
