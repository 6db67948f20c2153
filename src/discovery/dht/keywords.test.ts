import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { SharedEntry } from '../../content/entry.ts'
import { fileEntry } from '../testing/shared-set.ts'
import { isCharacter, isCommonWord, tellingWords } from './common-words.ts'
import { cidKey, keyBytes, planQuery, sha256Key, wordKey } from './keys.ts'
import { Keywords } from './keywords.ts'

/** The words among `words` that are keys of `entry`, with `others` beside it. */
function keyed(entry: SharedEntry, words: string[], others: SharedEntry[] = []): string[] {
  const keywords = new Keywords()
  keywords.count([entry, ...others])
  const keys = new Set(keywords.keysOf(entry))
  return words.filter((word) => keys.has(wordKey(word)))
}

test('common are single letters and digits, usual extensions and stop words, and nothing else', () => {
  for (const word of ['a', 'é', '7', 'я', 'mp3', 'jpg', 'the', 'und', 'de'])
    assert.ok(isCommonWord(word), word)
  for (const word of ['ab', '42', 'tar', 'gz', 'quartet', '数', 'ภ', 'm83'])
    assert.ok(!isCommonWord(word), word)
  assert.ok(isCharacter('数') && isCharacter('ล์') && !isCharacter('a') && !isCharacter('ab'))
})

test('a name of common words is told by them, without the extension if it can be', () => {
  assert.deepEqual(tellingWords(['the', 'end', 'mp3']), ['end'])
  assert.deepEqual(tellingWords(['the', '1', 'mp3']), ['the', '1'])
  assert.deepEqual(tellingWords(['txt']), ['txt'])
})

test('words of name and folders are keys, CID and SHA-256 too; for one block these are one', () => {
  const entry = fileEntry('albums/Spring 2020/Quartet in blue.flac')
  const words = ['albums', 'spring', '2020', 'quartet', 'in', 'blue', 'flac']
  assert.deepEqual(keyed(entry, words), ['albums', 'spring', '2020', 'quartet', 'blue'])
  const keywords = new Keywords()
  assert.ok(keywords.keysOf(entry).includes(cidKey(entry.cid)))
  assert.equal(cidKey(entry.cid), sha256Key(entry.sha256!))
  assert.deepEqual(Buffer.from(keyBytes(cidKey(entry.cid))).toString('hex'), `1220${entry.sha256}`)
})

test('of many words that only one file has the longest eight are keys; those of several files all are', () => {
  const words = Array.from({ length: 20 }, (_, i) => `w${'x'.repeat(i)}`)
  const entry = fileEntry(`${words.join(' ')}.bin`)
  assert.deepEqual(keyed(entry, words), words.slice(12))
  assert.deepEqual(keyed(entry, words, [fileEntry('copy/wx wxx.bin')]), ['wx', 'wxx', ...words.slice(12)])
})

test('characters of scripts without spaces are keys, all of them', () => {
  const entry = fileEntry('日本語のファイル名とその他の文字列です.tar.gz')
  const characters = [...'日本語のファイル名とその他文字列です']
  assert.deepEqual(keyed(entry, characters), characters)
})

test('every query that can match a file by its words has a key of that file among those it is looked up by', () => {
  const names = ['Quartet in blue.flac', 'The end.mp3', '1.mp3', '.txt', '数据 final.tar.gz', 'a b c.jpg']
  for (const name of names) {
    const entry = fileEntry(`x/${name}`)
    const keywords = new Keywords()
    keywords.count([entry])
    const keys = new Set(keywords.keysOf(entry))
    const { keys: asked } = planQuery({ words: name }, () => undefined)
    assert.ok(asked.length > 0 && asked.every((key) => keys.has(key)), name)
  }
})

test('a query is looked up by CID, else SHA-256, else at most three words, the rarest known first', () => {
  const { cid, sha256 } = fileEntry('x')
  const none = () => undefined
  assert.deepEqual(planQuery({ cid, words: 'abc' }, none), { keys: [cidKey(cid)], isPartial: false })
  assert.deepEqual(planQuery({ sha256: sha256!.toUpperCase() }, none).keys, [sha256])
  const byLength = planQuery({ words: 'ab abcd abc abcde the' }, none)
  assert.deepEqual(byLength.keys, ['abcde', 'abcd', 'abc'].map(wordKey))
  const known = planQuery({ words: 'ab abcd' }, (key) => (key === wordKey('abcd') ? 500 : undefined))
  assert.deepEqual(known.keys, ['ab', 'abcd'].map(wordKey))
  assert.equal(planQuery({ words: 'mp3' }, none).isPartial, true)
  assert.deepEqual(planQuery({ words: 'blue quar*' }, none).keys, [wordKey('blue')])
  assert.throws(() => planQuery({ words: 'quar*' }, none), { code: 'UNAVAILABLE', message: /quar/ })
})
