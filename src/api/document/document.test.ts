import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Compile } from 'typebox/compile'
import { ERRORS, isErrorCode } from '../../base/errors.ts'
import { send, startApi } from '../testing/start-api.ts'
import { resolved } from './names.ts'
import { NODE_OPERATIONS } from './node-operations.ts'
import { type MediaType, type OpenApiDocument, operationsOf } from './openapi.ts'
import { codesOf } from './problems.ts'

const documentAt = async (url: string) =>
  JSON.parse((await send(`${url}/openapi.json`)).body) as OpenApiDocument

test('every operation has its facts, and every fact its operation', async (t) => {
  const { url } = await startApi(t)
  const keys = operationsOf(await documentAt(url)).map(({ key }) => key)
  assert.deepEqual(keys.sort(), Object.keys(NODE_OPERATIONS).sort())
})

test('operations have names of their own in camel case', async (t) => {
  const { url } = await startApi(t)
  const ids = operationsOf(await documentAt(url)).map(({ operation }) => operation.operationId)
  assert.equal(new Set(ids).size, ids.length)
  for (const id of ids) assert.match(String(id), /^[a-z]+([A-Z][a-z]+)*$/)
})

test('operations list their failures by status, with the codes of the table and an example of each', async (t) => {
  const { url } = await startApi(t)
  const document = await documentAt(url)
  const problem = Compile(document.components?.schemas?.Problem as never)
  for (const { key, method, operation } of operationsOf(document)) {
    const statuses = Object.keys(operation.responses)
    const expected = ['400', '403', '500', 'default', ...(operation.security ? ['401'] : [])]
    if (method !== 'GET') assert.ok(operation.security, `${key} changes something without the token`)
    for (const status of expected) assert.ok(statuses.includes(status), `${key} says nothing of ${status}`)
    for (const [status, answer] of Object.entries(operation.responses)) {
      if (Number(status) < 400) continue
      const media = answer.content?.['application/problem+json']
      assert.deepEqual(media?.schema, { $ref: '#/components/schemas/Problem' }, key)
      for (const code of codesOf(answer)) {
        assert.ok(isErrorCode(code), code)
        assert.equal(String(ERRORS[code].http), status, `${key} ${code}`)
        const { value } = media!.examples![code]!
        assert.ok(problem.Check(value), `${key} ${code}`)
      }
    }
  }
})

test('every operation that changes something says what it does a second time', async (t) => {
  const { url } = await startApi(t)
  for (const { key, method, operation } of operationsOf(await documentAt(url)))
    assert.equal(/Again: .+\.$/.test(operation.description ?? ''), method !== 'GET', key)
})

test('whole examples of answers are as their schemas say', async (t) => {
  const { url } = await startApi(t)
  const document = await documentAt(url)
  for (const { key, operation } of operationsOf(document))
    for (const [status, { content = {} }] of Object.entries(operation.responses)) {
      if (!status.startsWith('2')) continue
      for (const [type, media] of Object.entries(content)) {
        if (!/json/.test(type)) continue
        const values = examplesOf(media)
        assert.ok(values.length > 0, `${key} ${status} has no example as ${type}`)
        const check = Compile(resolved(document, media.schema) as never)
        for (const value of values)
          assert.ok(check.Check(value), `${key}: ${JSON.stringify(check.Errors(value).slice(0, 2))}`)
      }
    }
})

test('what several operations answer has one name', async (t) => {
  const { url } = await startApi(t)
  const { components, paths } = await documentAt(url)
  const names = Object.keys(components?.schemas ?? {})
  for (const name of ['Problem', 'Status', 'Download', 'Wish', 'LibraryEntry', 'Provider', 'SearchLine'])
    assert.ok(names.includes(name), name)
  const schemaOf = (path: string, method: string) =>
    paths?.[path]?.[method]?.responses['200']?.content?.['application/json']?.schema
  assert.deepEqual(schemaOf('/api/v1/downloads/{id}', 'get'), { $ref: '#/components/schemas/Download' })
  assert.deepEqual(schemaOf('/api/v1/downloads/{id}/pause', 'post'), {
    $ref: '#/components/schemas/Download',
  })
})

test('parameters and bodies have examples as their schemas say', async (t) => {
  const { url } = await startApi(t)
  for (const { key, operation } of operationsOf(await documentAt(url))) {
    const parameters = (operation.parameters ?? []).map((each): [string, MediaType] => [each.name, each])
    const bodies = Object.entries(operation.requestBody?.content ?? {})
    for (const [name, media] of [...parameters, ...bodies]) {
      const values = examplesOf(media)
      assert.ok(values.length > 0, `${key} ${name} has no example`)
      const check = Compile(media.schema as never)
      for (const value of values)
        assert.ok(check.Check(value), `${key} ${name}: ${JSON.stringify(check.Errors(value).slice(0, 2))}`)
    }
  }
})

function examplesOf({ example, examples = {}, schema }: MediaType): unknown[] {
  const own = (schema as { examples?: unknown[] } | undefined)?.examples ?? []
  return [
    ...(example === undefined ? [] : [example]),
    ...Object.values(examples).map(({ value }) => value),
    ...own,
  ]
}
