import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { answerRange, contentRange, entityRange, parseEntityBytes } from './range.ts'

test('ranges of a file of 1000 bytes', () => {
  const cases: [header: string | undefined, expected: string][] = [
    [undefined, 'whole'],
    ['bytes=0-', '0+1000'],
    ['bytes=0-0', '0+1'],
    ['bytes=500-599', '500+100'],
    ['bytes=500-5000', '500+500'],
    ['bytes=-1', '999+1'],
    ['bytes=-5000', '0+1000'],
    ['Bytes= 1 - 2 ', '1+2'],
    ['bytes=999-', '999+1'],
    ['bytes=1000-', 'unsatisfiable'],
    ['bytes=99999999999999999999-', 'unsatisfiable'],
    ['bytes=-0', 'unsatisfiable'],
    // Not taken: several ranges, other units, and what is none.
    ['bytes=0-1,5-6', 'whole'],
    ['bytes=5-4', 'whole'],
    ['bytes=-', 'whole'],
    ['bytes=a-b', 'whole'],
    ['items=0-1', 'whole'],
    ['', 'whole'],
  ]
  for (const [header, expected] of cases) {
    const answer = answerRange(header, 1000)
    assert.equal(typeof answer === 'string' ? answer : `${answer.offset}+${answer.length}`, expected, header)
  }
  assert.equal(contentRange({ offset: 500, length: 100 }, 1000), 'bytes 500-599/1000')
})

test('any range that is satisfied lies inside the file and is not empty', () => {
  const number = fc.oneof(fc.nat(2000), fc.constant(''), fc.maxSafeNat())
  fc.assert(
    fc.property(number, number, fc.nat(1000), (from, to, sizeBytes) => {
      const answer = answerRange(`bytes=${from}-${to}`, sizeBytes)
      if (typeof answer === 'string') return
      assert.ok(answer.offset >= 0 && answer.length > 0)
      assert.ok(answer.offset + answer.length <= sizeBytes)
      if (from !== '') assert.equal(answer.offset, from)
      else assert.equal(answer.offset + answer.length, sizeBytes)
    }),
  )
})

test('entity-bytes of a file of 1000 bytes', () => {
  const cases: [text: string, expected: string | undefined][] = [
    ['0:*', '0+1000'],
    ['0:0', '0+1'],
    ['-10:*', '990+10'],
    ['499:-1000', '499+0'],
    ['100:-101', '100+800'],
    ['-2000:5', '0+6'],
    ['900:9999', '900+100'],
    ['10:9', '10+0'],
    ['1000:*', undefined],
    ['5:-1001', undefined],
  ]
  for (const [text, expected] of cases) {
    const read = () => entityRange(parseEntityBytes(text), 1000)
    if (expected === undefined) assert.throws(read, { code: 'INVALID_ARGUMENT' }, text)
    else assert.equal(`${read().offset}+${read().length}`, expected, text)
  }
  assert.deepEqual(entityRange(parseEntityBytes('0:*'), 0), { offset: 0, length: 0 })
  for (const wrong of [
    '',
    ':',
    '0',
    '0:',
    ':5',
    '*:5',
    '0:1:2',
    'a:b',
    '0:--1',
    '1e3:*',
    '0:9999999999999999',
  ])
    assert.throws(() => parseEntityBytes(wrong), { code: 'INVALID_ARGUMENT' }, wrong)
})

test('any entity-bytes lies inside the file', () => {
  const number = fc.integer({ min: -1500, max: 1500 })
  fc.assert(
    fc.property(number, fc.option(number), fc.nat(1000), (from, to, sizeBytes) => {
      try {
        const range = entityRange(parseEntityBytes(`${from}:${to ?? '*'}`), sizeBytes)
        assert.ok(range.offset >= 0 && range.length >= 0)
        if (range.length > 0) assert.ok(range.offset + range.length <= sizeBytes)
      } catch (error) {
        assert.equal((error as { code: string }).code, 'INVALID_ARGUMENT')
      }
    }),
  )
})
