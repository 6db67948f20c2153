import assert from 'node:assert/strict'
import type { OpenApiDocument } from '../document/openapi.ts'
import { codesOf } from '../document/problems.ts'
import type { RawAnswer } from './start-api.ts'

/** Documents of the servers that run, by origin. */
const documents = new Map<string, OpenApiDocument>()

/** From now on every answer of this server that {@link assertDocumented} sees has to be one that its document lists. */
export function holdToDocument(origin: string, document: OpenApiDocument): () => void {
  documents.set(origin, document)
  return () => documents.delete(origin)
}

/** Fails for a status or code of an operation that the document does not list. What is no operation is passed over. */
export function assertDocumented(url: string, method: string, { status, headers, body }: RawAnswer): void {
  const { origin, pathname } = new URL(url)
  const document = documents.get(origin)
  // 405 is given where there is no operation.
  if (!document || status === 405) return
  const found = Object.entries(document.paths ?? {}).find(([path]) => patternOf(path).test(pathname))
  const operation = found?.[1][method === 'HEAD' ? 'get' : method.toLowerCase()]
  if (!found || !operation) return
  const what = `${method} ${found[0]} gave ${status}`
  const answer = operation.responses[String(status)]
  assert.ok(answer, `${what}, which its document does not list: ${body.slice(0, 200)}`)
  if (body === '') return
  const [type = ''] = String(headers['content-type']).split(';')
  assert.ok(
    answer.content?.[type] ?? isContent(found[0]),
    `${what} as ${type}, which its document does not list`,
  )
  if (type === 'application/problem+json') {
    const { type: about, title, status: told, detail, code } = JSON.parse(body)
    assert.deepEqual([about, told, typeof title, typeof detail], ['about:blank', status, 'string', 'string'])
    assert.ok(codesOf(answer).includes(code), `${what} ${code}, which its document does not list`)
  }
}

/** `fetch`, which fails for what {@link assertDocumented} does. */
export async function fetchDocumented(url: string, init: RequestInit = {}): Promise<Response> {
  const answer = await fetch(url, init)
  const { status, headers } = answer
  const body = status < 400 ? '' : await answer.clone().text()
  assertDocumented(url, init.method ?? 'GET', { status, headers: Object.fromEntries(headers), body })
  return answer
}

/** The type is that of the file. */
const isContent = (path: string) => path.startsWith('/ipfs/')

/** Whether the last part may be of several: only what is below a CID. */
function patternOf(path: string): RegExp {
  const escaped = path.replace(/[.+?^$()|[\]\\]/g, '\\$&')
  return new RegExp(`^${escaped.replace('{path}', '.+').replace(/\{\w+\}/g, '[^/]+')}$`)
}
