import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { encodeValue, valueAnswer, valueContent } from './values.ts'

const text = (bytes: Uint8Array) => Buffer.from(bytes).toString()

/** What a client posts as `value`, as it wrote it; what is kept; what it is as a file. */
const CASES: [posted: string, kept: string, content: string][] = [
  ['"hello"', 'hello', 'hello'],
  ['"5"', '5', '5'],
  ['5', 'application/json\n5', '5'],
  ['0', 'application/json\n0', '0'],
  ['false', 'application/json\nfalse', 'false'],
  [
    '{"b":[1,{"a":null}],"a":"x"}',
    'application/json\n{"b":[1,{"a":null}],"a":"x"}',
    '{"b":[1,{"a":null}],"a":"x"}',
  ],
  ['{"__proto__":1}', 'application/json\n{"__proto__":1}', '{"__proto__":1}'],
  ['"application/json\\n5"', 'application/json\n"application/json\\n5"', 'application/json\n5'],
  ['"\\ud800"', 'application/json\n"\\ud800"', '"\\ud800"'],
  ['"\ufeffwith a mark"', '\ufeffwith a mark', '\ufeffwith a mark'],
  ['"tschüß \\u0000"', 'tschüß \0', 'tschüß \0'],
]

for (const [posted, kept, content] of CASES)
  test(`${posted.slice(0, 40)} comes back as it was`, () => {
    const bytes = encodeValue(JSON.parse(posted))
    assert.equal(text(bytes), kept)
    assert.equal(valueAnswer(bytes), `{"value":${posted}}`)
    assert.equal(text(valueContent(bytes)), content)
  })

test('any JSON comes back as it was, and equal values are kept as equal bytes', () => {
  fc.assert(
    fc.property(fc.oneof(fc.jsonValue(), fc.string({ unit: 'binary' })), (value) => {
      const json = JSON.stringify(value)
      const bytes = encodeValue(JSON.parse(json))
      assert.equal(valueAnswer(bytes), `{"value":${json}}`)
      assert.deepEqual(encodeValue(JSON.parse(JSON.stringify({ value }).slice(9, -1))), bytes)
    }),
  )
})

test('any bytes that nodes put are an answer and a file', () => {
  fc.assert(
    fc.property(fc.uint8Array(), (bytes) => {
      const { value, encoding } = JSON.parse(valueAnswer(bytes))
      assert.deepEqual(Buffer.from(value, encoding ?? 'utf8'), Buffer.from(bytes))
      assert.deepEqual(Buffer.from(valueContent(bytes)), Buffer.from(bytes))
    }),
  )
  const broken = Buffer.from('application/json\n{')
  assert.deepEqual(JSON.parse(valueAnswer(broken)), { value: 'application/json\n{' })
  assert.equal(valueContent(broken), broken)
})
