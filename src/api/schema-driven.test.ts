import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Compile } from 'typebox/compile'
import { resolved } from './document/names.ts'
import {
  type MediaType,
  type OpenApiDocument,
  type Operation,
  operationsOf,
  type Parameter,
} from './document/openapi.ts'
import { exampleOf } from './page/curl.ts'
import { CID_A, type FakeNode, viewOf } from './testing/fake-node.ts'
import { keptReplicaOf, replicaViewOf } from './testing/fake-replication.ts'
import { wishViewOf } from './testing/fake-wishes.ts'
import { invalidObjects, invalidTexts, validValues } from './testing/schema-values.ts'
import { BEARER, type RawAnswer, type RunningApi, send, startApi } from './testing/start-api.ts'

/** Requests of each kind to each operation. */
const RUNS = 12

/** What is there, by the name of the parameter in the path. */
const THERE: Record<string, string> = { id: 'd1', peerId: 'peerOne', key: 'motd', name: 'a.txt', cid: CID_A }

interface Asked {
  readonly key: string
  readonly method: string
  readonly path: string
  readonly operation: Operation
}

interface Request {
  readonly target: string
  readonly headers: Record<string, string>
  readonly body?: string
}

/** All but the one without end. */
async function operations(url: string): Promise<Asked[]> {
  const document = JSON.parse((await send(`${url}/openapi.json`)).body) as OpenApiDocument
  return operationsOf(document)
    .filter(({ path }) => path !== '/api/v1/events')
    .map((each) => ({ ...each, operation: resolved(document, each.operation) as Operation }))
}

/** Another test, or an operation before, may have taken it away. */
function restore(node: FakeNode): void {
  node.views.clear()
  node.views.set('d1', viewOf('d1', 'done'))
  node.wishes.views.clear()
  node.wishes.views.set('d1', wishViewOf('d1'))
  node.replication.orders.set(CID_A, replicaViewOf(CID_A))
  node.replication.copies.set(CID_A, keptReplicaOf(CID_A, { pinned: true }))
  node.values.set('motd', Buffer.from('hello'))
}

async function ask(
  { url, node }: RunningApi,
  { method }: Asked,
  { target, headers, body }: Request,
): Promise<RawAnswer> {
  restore(node)
  // It fails for what the document does not list, and for a problem that is none.
  const answer = await send(url + target, {
    method,
    headers: { ...BEARER, ...headers },
    ...(body !== undefined && { body }),
  })
  assert.ok(
    answer.status < 500 || answer.status === 503,
    `${target} gave ${answer.status}: ${answer.body.slice(0, 200)}`,
  )
  return answer
}

/** A request of which every part is as its schema says. */
function validRequest({ path, operation }: Asked): fc.Arbitrary<Request> {
  const { parameters = [], requestBody } = operation
  const given = (parameter: Parameter) => {
    const { name, required, schema = {}, example } = parameter
    const there = Object.hasOwn(THERE, name) ? [fc.constant<unknown>(THERE[name])] : []
    const shown = example === undefined ? [] : [fc.constant(example)]
    const value = fc.oneof(...there, ...shown, validValues(schema)).map(String)
    return required ? value : fc.option(value, { nil: undefined })
  }
  const values = fc.record(
    Object.fromEntries(parameters.map((each) => [`${each.in} ${each.name}`, given(each)])),
  )
  const [[type, media] = []] = Object.entries(requestBody?.content ?? {})
  const body = type === undefined ? fc.constant(undefined) : bodyText(type, media!)
  return fc
    .tuple(values, body)
    .map(([found, text]) => request(path, found, type && text !== undefined ? { type, text } : undefined))
}

const bodyText = (type: string, { schema = {}, example }: MediaType): fc.Arbitrary<string> =>
  type === 'application/json'
    ? fc.oneof(fc.constant(example ?? {}), validValues(schema)).map((value) => JSON.stringify(value))
    : fc.string({ unit: 'binary', maxLength: 100 })

function request(
  path: string,
  found: Record<string, string | undefined>,
  body?: { type: string; text: string },
): Request {
  const query = new URLSearchParams()
  const headers: Record<string, string> = {}
  let target = path
  for (const [where, value] of Object.entries(found)) {
    const [place, name = ''] = where.split(' ')
    if (value === undefined) continue
    // `..` and nothing lead to another address.
    if (place === 'path')
      target = target.replace(`{${name}}`, encodeURIComponent(/^\.{0,2}$/.test(value) ? '_' : value))
    else if (place === 'query') query.set(name, value)
    else headers[name] = value.replace(/[^\x20-\x7e]/g, '_').trim()
  }
  const text = query.size > 0 ? `?${query}` : ''
  return {
    target: target + text,
    headers: { ...headers, ...(body && { 'content-type': body.type }) },
    ...(body && { body: body.text }),
  }
}

/** What came is what the schema of the answer says. */
function checkBody({ key, operation }: Asked, { status, headers, body }: RawAnswer): void {
  const [type = ''] = String(headers['content-type']).split(';')
  const schema = operation.responses[String(status)]?.content?.[type]?.schema
  if (!schema || status >= 400) return
  const check = Compile(schema as never)
  const values =
    type === 'application/json' ? [body] : type === 'application/x-ndjson' ? body.trim().split('\n') : []
  for (const value of values)
    assert.ok(
      check.Check(JSON.parse(value)),
      `${key} ${JSON.stringify(check.Errors(JSON.parse(value)).slice(0, 2))}`,
    )
}

test('whatever the schemas take is answered as the document says, and each operation does work', async (t) => {
  const api = await startApi(t)
  const cid = api.node.content.addFile(Buffer.from('hello'))
  const worked = new Set<string>()
  const all = await operations(api.url)
  for (const asked of all) {
    const one = async (each: Request) => {
      const answer = await ask(api, asked, each)
      checkBody(asked, answer)
      if (answer.status < 300) worked.add(asked.key)
    }
    const [[type, media] = []] = Object.entries(asked.operation.requestBody?.content ?? {})
    const example = media && exampleOf(media)
    const text = type === 'application/json' ? JSON.stringify(example) : String(example)
    const sample = request(asked.path, requiredOf(asked), type === undefined ? undefined : { type, text })
    await one({ ...sample, target: withReal(asked, sample.target, cid) })
    await fc.assert(fc.asyncProperty(validRequest(asked), one), { numRuns: RUNS })
  }
  // Below a file there is nothing, and the fake has no folder.
  const left = all.map(({ key }) => key).filter((key) => !worked.has(key))
  assert.deepEqual(left, ['GET /ipfs/{cid}/{path}'])
})

/** The parameters that must be there, as the document shows them, of something that is there. */
const requiredOf = ({ operation: { parameters = [] } }: Asked): Record<string, string> =>
  Object.fromEntries(
    parameters
      .filter(({ required }) => required)
      .map(({ in: place, name, example }) => [`${place} ${name}`, String(THERE[name] ?? example)]),
  )

/** What the fake node shares, and words where something has to be looked for. */
function withReal({ path }: Asked, target: string, cid: string): string {
  if (path === '/api/v1/search') return `${target}?q=a`
  if (path === '/api/v1/links') return `${path}?target=${CID_A}`
  if (path === '/api/v1/targets') return `${path}?target=report.pdf`
  return path.startsWith('/ipfs/') ? target.replace(CID_A, cid) : target
}

test('whatever the schemas refuse is refused with a reason, and asks nothing of the node', async (t) => {
  const api = await startApi(t)
  let count = 0
  const refused = async (asked: Asked, each: Request) => {
    count++
    api.node.asked.length = 0
    const { status, body } = await ask(api, asked, each)
    assert.equal(
      status,
      400,
      `${asked.key} took ${each.target.slice(0, 200)} ${each.body?.slice(0, 200)}: ${body.slice(0, 200)}`,
    )
    assert.ok(JSON.parse(body).detail.length < 1000)
    assert.deepEqual(api.node.asked, [])
  }
  for (const asked of await operations(api.url)) {
    const { parameters = [], requestBody } = asked.operation
    const found = requiredOf(asked)
    const json = requestBody?.content['application/json']
    const type = 'application/json'
    const body = json && { type, text: JSON.stringify(exampleOf(json)) }
    for (const { in: place, name, schema = {} } of parameters.filter((each) => each.in === 'query'))
      for (const text of invalidTexts(schema))
        await refused(asked, request(asked.path, { ...found, [`${place} ${name}`]: text }, body))
    if (!json) continue
    for (const bad of invalidObjects(json.schema ?? {}))
      for (const value of fc.sample(bad, 2))
        await refused(asked, request(asked.path, found, { type, text: JSON.stringify(value) }))
  }
  assert.ok(count > 200, `only ${count} requests`)
})
