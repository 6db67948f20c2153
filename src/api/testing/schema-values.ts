import fc from 'fast-check'
import type { Schema } from '../document/openapi.ts'

/** Longest text that is made: addresses have to fit into the head of a request. */
const MAX_TEXT = 300
const MAX_ITEMS = 4

interface Known extends Schema {
  enum?: unknown[]
  const?: unknown
  minimum?: number
  maximum?: number
  minLength?: number
  maxLength?: number
  maxItems?: number
  items?: Schema
  properties?: Record<string, Schema>
  required?: string[]
  additionalProperties?: unknown
  examples?: unknown[]
}

/** Values that a schema takes: its examples, and what it allows besides. */
export function validValues(schema: Schema): fc.Arbitrary<unknown> {
  const { examples = [] } = schema as Known
  const made = madeFor(schema as Known)
  return examples.length > 0 ? fc.oneof(fc.constantFrom(...examples), made) : made
}

function madeFor(schema: Known): fc.Arbitrary<unknown> {
  if (schema.enum) return fc.constantFrom(...schema.enum)
  if ('const' in schema) return fc.constant(schema.const)
  switch (schema.type) {
    case 'integer':
      return fc.integer({ min: schema.minimum ?? -1000, max: schema.maximum ?? 1_000_000 })
    case 'number':
      return fc.double({ min: schema.minimum ?? -1e9, max: schema.maximum ?? 1e9, noNaN: true })
    case 'boolean':
      return fc.boolean()
    case 'string':
      return textOf(schema)
    case 'array':
      return fc.array(validValues(schema.items ?? {}), {
        maxLength: Math.min(schema.maxItems ?? MAX_ITEMS, MAX_ITEMS),
      })
    case 'object':
      return objectOf(schema)
    default:
      return fc.jsonValue()
  }
}

function textOf({ minLength = 0, maxLength = MAX_TEXT }: Known): fc.Arbitrary<string> {
  return fc.string({ unit: 'binary', minLength, maxLength: Math.min(maxLength, MAX_TEXT) })
}

function objectOf({ properties = {}, required = [], additionalProperties }: Known): fc.Arbitrary<unknown> {
  const values = Object.fromEntries(
    Object.entries(properties).map(([name, schema]) => [name, validValues(schema)]),
  )
  const known = fc.record(values, { requiredKeys: required })
  if (additionalProperties === false || Object.keys(properties).length > 0) return known
  return fc.dictionary(fc.string({ unit: 'binary', maxLength: 20 }), fc.jsonValue(), { maxKeys: 3 })
}

/** JSON that the schema of an object refuses, whatever it is about; none where it takes every object. */
export function invalidObjects(schema: Schema): fc.Arbitrary<unknown>[] {
  const { properties = {}, required = [], additionalProperties } = schema as Known
  const valid = validValues(schema) as fc.Arbitrary<Record<string, unknown>>
  const notObjects = fc.oneof(
    fc.constant(null),
    fc.boolean(),
    fc.integer(),
    fc.string(),
    fc.array(fc.jsonValue()),
  )
  const missing = required.map((name) => valid.map(({ [name]: _, ...rest }) => rest))
  const unknown = additionalProperties === false ? [valid.map((value) => ({ ...value, 'no such': 1 }))] : []
  const wrong = Object.entries(properties).flatMap(([name, each]) =>
    invalidValues(each).map((bad) =>
      fc.tuple(valid, bad).map(([value, other]) => ({ ...value, [name]: other })),
    ),
  )
  return [notObjects, ...missing, ...unknown, ...wrong]
}

/** JSON that a schema refuses. */
export function invalidValues(schema: Schema): fc.Arbitrary<unknown>[] {
  const { type, minimum, maximum, minLength = 0, maxLength, maxItems, items, enum: values } = schema as Known
  const text = (length: number) => fc.constant('x'.repeat(length))
  if (values) return [fc.constantFrom(1, null, 'no such', [], {})]
  if (type === 'boolean') return [fc.constantFrom('yes', 1, null, [])]
  if (type === 'integer' || type === 'number')
    return [
      fc.constantFrom('x', '', null, {}, []),
      ...(type === 'integer' ? [fc.constant(1.5)] : []),
      ...(minimum === undefined ? [] : [fc.constant(minimum - 1)]),
      ...(maximum === undefined ? [] : [fc.constant(maximum + 1)]),
    ]
  if (type === 'string')
    return [
      fc.constantFrom(1, null, true, [], {}),
      ...(minLength > 0 ? [text(minLength - 1)] : []),
      ...(maxLength === undefined ? [] : [text(maxLength + 1)]),
    ]
  if (type === 'array')
    return [
      fc.constantFrom(1, null, 'x', {}),
      ...invalidValues(items ?? {}).map((bad) => bad.map((value) => [value])),
      ...(maxItems === undefined ? [] : [fc.constant(Array(maxItems + 1).fill('x'))]),
    ]
  return []
}

/** Texts of a query that a schema refuses. */
export function invalidTexts(schema: Schema): string[] {
  const { type, minimum, maximum, minLength = 0, maxLength, enum: values } = schema as Known
  if (values) return ['no such', '']
  if (type === 'boolean') return ['yes', '1', 'TRUE', '']
  if (type === 'integer')
    return [
      ...['x', '1.5', '', '0x1', '1e3', ' 1'],
      ...(minimum === undefined ? [] : [String(minimum - 1)]),
      ...(maximum === undefined ? [] : [String(maximum + 1)]),
    ]
  return [
    ...(minLength > 0 ? [''] : []),
    ...(maxLength === undefined || maxLength > 8000 ? [] : ['x'.repeat(maxLength + 1)]),
  ]
}
