import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import Type from 'typebox'
import { describeInvalid } from './invalid.ts'
import { fromText, validatorCompiler } from './validate.ts'

const schema = Type.Object(
  {
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 10 })),
    rate: Type.Optional(Type.Number()),
    on: Type.Optional(Type.Boolean()),
    word: Type.Optional(Type.String({ minLength: 1, maxLength: 3 })),
    state: Type.Optional(Type.Enum(['done', 'failed'])),
  },
  { additionalProperties: false },
)
const { properties } = schema

test('text becomes what its schema says, or stays text', () => {
  const table: [object, object][] = [
    [{ limit: '10' }, { limit: 10 }],
    [{ limit: '-1' }, { limit: -1 }],
    [{ limit: '1.5' }, { limit: '1.5' }],
    [{ limit: '' }, { limit: '' }],
    [{ limit: '0x10' }, { limit: '0x10' }],
    [{ limit: ' 1' }, { limit: ' 1' }],
    [{ limit: ['1', '2'] }, { limit: ['1', '2'] }],
    [{ rate: '1.5' }, { rate: 1.5 }],
    [{ rate: '1e400' }, { rate: '1e400' }],
    [{ on: 'true' }, { on: true }],
    [{ on: 'false' }, { on: false }],
    [{ on: '1' }, { on: '1' }],
    [{ word: '12' }, { word: '12' }],
    [{ other: '12' }, { other: '12' }],
  ]
  for (const [given, expected] of table) assert.deepEqual({ ...fromText(properties, { ...given }) }, expected)
})

test('numbers and truth values survive the way through a query', () => {
  fc.assert(
    fc.property(fc.integer(), fc.boolean(), (limit, on) => {
      const query = new URLSearchParams({ limit: String(limit), on: String(on) })
      assert.deepEqual({ ...fromText(properties, Object.fromEntries(query)) }, { limit, on })
    }),
  )
})

test('any query either fits the schema or gives a sentence', () => {
  const validate = validatorCompiler({ schema, method: 'GET', url: '/', httpPart: 'querystring' })
  const values = fc.oneof(fc.string(), fc.array(fc.string(), { maxLength: 3 }))
  const keys = fc.oneof(fc.constantFrom(...Object.keys(properties)), fc.string())
  fc.assert(
    fc.property(fc.dictionary(keys, values), (query) => {
      const { value, error } = validate(query) as { value?: Record<string, unknown>; error?: never[] }
      if (error) assert.match(describeInvalid(error, 'querystring'), /^.+\.$/s)
      else assert.ok(value!.limit === undefined || (Number(value!.limit) >= 1 && Number(value!.limit) <= 10))
    }),
    { numRuns: 2000 },
  )
})

test('the sentence says which field and what to do', () => {
  const table: [object, string][] = [
    [{ limit: '11' }, 'limit: must be at most 10.'],
    [{ limit: 'x' }, 'limit: must be a whole number.'],
    [{ on: 'maybe' }, 'on: must be true or false.'],
    [{ word: '' }, 'word: must not be empty.'],
    [{ word: 'four' }, 'word: must have at most 3 characters.'],
    [{ word: ['a', 'b'] }, 'word: must be text.'],
    [{ state: 'x' }, 'state: must be one of done, failed.'],
    [{ a: '1', b: '2' }, 'a, b is not known in the query; leave it out.'],
    [{ ['x'.repeat(200)]: '1' }, `${'x'.repeat(60)}… is not known in the query; leave it out.`],
  ]
  const validate = validatorCompiler({ schema, method: 'GET', url: '/', httpPart: 'querystring' })
  for (const [query, sentence] of table) {
    const { error } = validate(query) as { error: never[] }
    assert.equal(describeInvalid(error, 'querystring'), sentence)
  }
})

test("Ajv's form of errors is read as well", () => {
  const error = {
    keyword: 'required',
    instancePath: '',
    schemaPath: '#',
    params: { missingProperty: 'path' },
  }
  assert.equal(describeInvalid([error], 'body'), 'path is missing from the JSON body.')
  const extra = { ...error, keyword: 'additionalProperties', params: { additionalProperty: 'pat' } }
  assert.equal(describeInvalid([extra], 'body'), 'pat is not known in the JSON body; leave it out.')
  assert.equal(describeInvalid([], 'body'), 'The JSON body is not valid.')
})
