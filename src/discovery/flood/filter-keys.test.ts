import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { compileQuery, matchText } from '../../content/match.ts'
import { fileEntry } from '../testing/shared-set.ts'
import { addKeysOf, keysOfQuery } from './filter-keys.ts'

test('the keys of queries', () => {
  const table: [words: string, keys: string[]][] = [
    ['Blue quartet', ['w:blue', 'w:quartet']],
    ['blue quar*', ['w:blue', 'p:qua']],
    ['qua*', ['p:qua']],
    ['qu*', []],
    ['blue qu*', ['w:blue']],
    ['a a', ['w:a']],
    ['数据', ['w:数', 'w:据']],
    ['数据*', ['w:数']],
  ]
  for (const [words, keys] of table) assert.deepEqual(keysOfQuery({ words, limit: 1 }), keys, words)
  const { cid, sha256 } = fileEntry('x')
  assert.deepEqual(keysOfQuery({ cid, sha256: sha256!, limit: 1 }), [`c:${cid}`, `s:${sha256}`])
})

test('what matches a query has all its keys', () => {
  const word = fc.string({
    unit: fc.constantFrom('a', 'B', 'é', 'ß', '数', '据', '1', '-'),
    minLength: 1,
    maxLength: 6,
  })
  fc.assert(
    fc.property(
      fc.array(word, { minLength: 1, maxLength: 4 }),
      fc.nat(),
      fc.nat(6),
      fc.boolean(),
      (parts, at, cut, isPrefix) => {
        const entry = fileEntry(`x ${parts.join(' ')}.txt`)
        const part = parts[at % parts.length]!
        const words = isPrefix ? `${part.slice(0, Math.max(1, cut))}*` : part
        if (!compileQuery({ words, limit: 1 })(entry, matchText(entry.path))) return
        const keys = new Set<string>()
        addKeysOf(entry, keys)
        for (const key of keysOfQuery({ words, limit: 1 })) assert.ok(keys.has(key), `${words}: ${key}`)
      },
    ),
  )
})
