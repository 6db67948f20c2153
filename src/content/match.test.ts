import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { SharedEntry } from './entry.ts'
import { compileQuery, matchText, wholeWords } from './match.ts'

const entry: SharedEntry = {
  ...{ cid: 'bafy', sha256: 'ab', name: 'b.txt', path: 'a/b.txt' },
  ...{ sizeBytes: 1, kind: 'file', modifiedMs: 0 },
}
const finds = (words: string, path: string) => compileQuery({ words, limit: 1 })(entry, matchText(path))

test('all words must occur whole, in any order; a last * makes a prefix, runs without spaces are phrases', () => {
  const cases: [words: string, path: string, found: boolean][] = [
    ['blue quartet', 'albums/Quartet in Blue.flac', true],
    ['blue trio', 'albums/Quartet in Blue.flac', false],
    ['quart', 'albums/Quartet in Blue.flac', false],
    ['quart*', 'albums/Quartet in Blue.flac', true],
    ['uartet*', 'albums/Quartet in Blue.flac', false],
    ['albums fla*', 'albums/Quartet in Blue.flac', true],
    ['数据', 'Été 数据 (final).bin', true],
    ['据数', 'Été 数据 (final).bin', false],
    ['ETE', 'Été 数据 (final).bin', true],
    ['strasse', 'Straße.txt', true],
    ['x* y', 'x y', true],
    ['x* y', 'xx y', false],
  ]
  for (const [words, path, found] of cases) assert.equal(finds(words, path), found, `${words} in ${path}`)
})

test('CID and SHA-256 must be equal too, when they are asked for', () => {
  const text = matchText(entry.path)
  assert.ok(compileQuery({ cid: 'bafy', limit: 1 })(entry, text))
  assert.ok(!compileQuery({ cid: 'bafk', limit: 1 })(entry, text))
  assert.ok(compileQuery({ sha256: 'ab', words: 'b', limit: 1 })(entry, text))
  assert.ok(!compileQuery({ sha256: 'ab', words: 'c', limit: 1 })(entry, text))
  assert.ok(!compileQuery({ sha256: 'cd', words: 'b', limit: 1 })(entry, text))
})

test('the whole words of a query are all but a prefix', () => {
  assert.deepEqual(wholeWords('Blue blue quart*'), ['blue'])
  assert.deepEqual(wholeWords('quart*'), [])
  assert.deepEqual(wholeWords('数据 v2'), ['数', '据', 'v2'])
})
