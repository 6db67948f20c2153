import assert from 'node:assert/strict'
import { test } from 'node:test'
import { send, startApi } from './testing/start-api.ts'

interface Media {
  schema?: Record<string, unknown>
}
interface Operation {
  summary?: string
  tags?: string[]
  security?: Record<string, unknown>[]
  parameters?: { name: string; in: string; required?: boolean; schema?: unknown; description?: string }[]
  requestBody?: { content: Record<string, Media> }
  responses: Record<string, { description: string; content?: Record<string, Media> }>
}
interface Document {
  openapi: string
  info: { title: string; version: string }
  tags: { name: string }[]
  components: { securitySchemes: Record<string, unknown> }
  paths: Record<string, Record<string, Operation>>
}

/** The REST interface as it is promised. */
const ROUTES = [
  'GET /api/v1/status',
  'GET /api/v1/library',
  'POST /api/v1/library',
  'DELETE /api/v1/library',
  'POST /api/v1/library/verify',
  'GET /api/v1/library/verify',
  'DELETE /api/v1/library/verify',
  'GET /api/v1/library/verify/events',
  'GET /api/v1/shares',
  'PUT /api/v1/library/files/{name}',
  'GET /api/v1/links',
  'POST /api/v1/links',
  'GET /api/v1/links/qr.svg',
  'GET /api/v1/search',
  'GET /api/v1/targets',
  'POST /api/v1/downloads',
  'GET /api/v1/downloads',
  'GET /api/v1/downloads/{id}',
  'PATCH /api/v1/downloads/{id}',
  'GET /api/v1/downloads/{id}/events',
  'POST /api/v1/downloads/{id}/pause',
  'POST /api/v1/downloads/{id}/resume',
  'POST /api/v1/downloads/{id}/cancel',
  'DELETE /api/v1/downloads/{id}',
  'POST /api/v1/wishes',
  'GET /api/v1/wishes',
  'GET /api/v1/wishes/{id}',
  'PATCH /api/v1/wishes/{id}',
  'POST /api/v1/wishes/{id}/search',
  'DELETE /api/v1/wishes/{id}',
  'POST /api/v1/replicas',
  'GET /api/v1/replicas',
  'GET /api/v1/replicas/{cid}',
  'GET /api/v1/replicas/{cid}/watch',
  'POST /api/v1/replicas/{cid}/prove',
  'DELETE /api/v1/replicas/{cid}',
  'GET /api/v1/kept',
  'PUT /api/v1/pins/{cid}',
  'DELETE /api/v1/pins/{cid}',
  'DELETE /api/v1/downloads',
  'GET /api/v1/downloads/{id}/blocks',
  'PUT /api/v1/kv/{key}',
  'GET /api/v1/kv/{key}',
  'GET /ipfs/{cid}',
  'GET /ipfs/{cid}/{path}',
  'GET /api/v1/uploads',
  'POST /api/v1/uploads/{peerId}/pause',
  'POST /api/v1/uploads/{peerId}/resume',
  'POST /api/v1/uploads/{peerId}/cancel',
  'GET /api/v1/peers',
  'GET /api/v1/config',
  'PATCH /api/v1/config',
  'GET /api/v1/events',
  'GET /api/v1/debug',
  'GET /api/v1/doctor',
  'GET /api/v1/stats',
  'GET /api/v1/stats/searches',
  'GET /api/v1/stats/queries',
  'GET /healthz',
  'GET /readyz',
  'GET /metrics',
]

test('the document describes every route, and only those', async (t) => {
  const { url } = await startApi(t)
  const document = JSON.parse((await send(`${url}/openapi.json`)).body) as Document
  const described = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  )
  assert.deepEqual(described.sort(), [...ROUTES].sort())
})

test('the document is sound OpenAPI 3.1', async (t) => {
  const { url } = await startApi(t)
  const document = JSON.parse((await send(`${url}/openapi.json`)).body) as Document
  assert.match(document.openapi, /^3\.1\./)
  assert.equal(document.info.version, '1.2.3')
  assert.ok(document.components.securitySchemes.bearer)
  const tags = new Set(document.tags.map(({ name }) => name))
  for (const [path, methods] of Object.entries(document.paths)) {
    const placeholders = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name)
    for (const [method, operation] of Object.entries(methods)) {
      const what = `${method} ${path}`
      assert.ok(operation.summary, what)
      assert.ok(operation.tags?.length === 1 && tags.has(operation.tags[0]!), what)
      const parameters = operation.parameters ?? []
      const inPath = parameters.filter((parameter) => parameter.in === 'path')
      assert.deepEqual(
        inPath.map(({ name }) => name),
        placeholders,
        what,
      )
      for (const parameter of parameters) {
        assert.ok(parameter.schema && parameter.description, `${what} ${parameter.name}`)
        if (parameter.in === 'path') assert.equal(parameter.required, true)
      }
      const ok = Object.keys(operation.responses).filter((status) => status.startsWith('2'))
      assert.ok(ok.length > 0, what)
      const problem = operation.responses.default?.content?.['application/problem+json']
      assert.ok(problem?.schema, `${what} says nothing of problems`)
      for (const { description } of Object.values(operation.responses)) assert.ok(description, what)
      for (const [requirement] of (operation.security ?? []).map((each) => Object.keys(each)))
        assert.ok(requirement! in document.components.securitySchemes)
      if (method === 'post' && operation.requestBody)
        assert.ok(operation.requestBody.content['application/json']?.schema, what)
    }
  }
  // A reference that leads nowhere would make the document useless to generators.
  for (const [, target] of JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g)) {
    const found = target!
      .replace('#/', '')
      .split('/')
      .reduce<unknown>((node, key) => (node as Record<string, unknown> | undefined)?.[key], document)
    assert.ok(found, target)
  }
})
