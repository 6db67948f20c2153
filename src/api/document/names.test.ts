import assert from 'node:assert/strict'
import { test } from 'node:test'
import { resolved, withNamedSchemas } from './names.ts'
import type { OpenApiDocument, Schema } from './openapi.ts'

const documentOf = (...schemas: Schema[]): OpenApiDocument => ({
  openapi: '3.1.0',
  info: { title: 't', version: '1' },
  paths: Object.fromEntries(
    schemas.map((schema, i) => [
      `/${i}`,
      { get: { responses: { 200: { content: { 'application/json': { schema } } } } } },
    ]),
  ),
})
const schemaAt = ({ paths }: OpenApiDocument, path: string) =>
  paths?.[path]?.get?.responses['200']?.content?.['application/json']?.schema

const cat = { title: 'Cat', type: 'object', properties: { title: { type: 'string' } } }

test('schemas with a title are named once, wherever they stand, and lead back to what they were', () => {
  const list = { title: 'Cats', type: 'array', items: cat }
  const before = documentOf(cat, { type: 'object', properties: { all: list, one: cat } })
  const after = withNamedSchemas(before)
  assert.deepEqual(after.components?.schemas, {
    Cat: cat,
    Cats: { ...list, items: { $ref: '#/components/schemas/Cat' } },
  })
  assert.deepEqual(schemaAt(after, '/0'), { $ref: '#/components/schemas/Cat' })
  for (const path of ['/0', '/1'])
    assert.deepEqual(resolved(after, schemaAt(after, path)), schemaAt(before, path))
})

test('what an example or a property is called is no name of a schema', () => {
  const plain = { type: 'object', properties: { title: { type: 'string' } }, examples: [{ title: 'x' }] }
  assert.deepEqual(schemaAt(withNamedSchemas(documentOf(plain)), '/0'), plain)
})

test('two schemas cannot have one name', () => {
  assert.throws(() => withNamedSchemas(documentOf(cat, { ...cat, type: 'string' })), /called Cat/)
})
