import { request } from 'node:http'
import { text } from 'node:stream/consumers'
import type { TestContext } from 'node:test'
import { systemClock } from '../../base/clock.ts'
import { silentLogger } from '../../base/log.ts'
import { type NodeApi, type NodeApiOptions, startNodeApi } from '../server.ts'
import { assertDocumented, holdToDocument } from './documented.ts'
import { FakeNode } from './fake-node.ts'

export const TOKEN = 'q7Zq0WbXb1VtJx4qj5o2n6bqkT2m0cJcX9y3uP8sLdE'

export interface RunningApi {
  node: FakeNode
  api: NodeApi
  url: string
}

/** An API on a free port before a {@link FakeNode}, held to its document; stopped when the test ends. */
export async function startApi(t: TestContext, options: Partial<NodeApiOptions> = {}): Promise<RunningApi> {
  const node = new FakeNode()
  const api = await startNodeApi({
    port: node,
    host: '127.0.0.1',
    httpPort: 0,
    fallbackToFreePort: false,
    token: TOKEN,
    log: silentLogger,
    clock: systemClock,
    ...options,
  })
  t.after(() => api.stop())
  const { body } = await send(`${api.url}/openapi.json`)
  t.after(holdToDocument(api.url, JSON.parse(body)))
  return { node, api, url: api.url }
}

export interface RawAnswer {
  status: number
  headers: Record<string, string | string[] | undefined>
  body: string
}

interface RawRequest {
  method?: string
  headers?: Record<string, string | string[]>
  body?: string
}

/** A request with exactly these headers: fetch would not send `Host` and `Origin` as told. Fails for an answer that the document does not list. */
export async function send(url: string, request: RawRequest = {}): Promise<RawAnswer> {
  const answer = await sendRaw(url, request)
  assertDocumented(url, request.method ?? 'GET', answer)
  return answer
}

function sendRaw(url: string, { method = 'GET', headers = {}, body }: RawRequest): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const call = request(url, { method, headers, agent: false }, (answer) => {
      text(answer).then(
        (received) => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: received }),
        reject,
      )
    })
    call.on('error', reject)
    // Node frames no body of a DELETE by itself.
    if (body !== undefined) call.setHeader('content-length', Buffer.byteLength(body))
    call.end(body)
  })
}

export const BEARER = { authorization: `Bearer ${TOKEN}` }

/** JSON sent with the token. */
export function sendJson(url: string, method: string, body?: unknown): Promise<RawAnswer> {
  const headers = { ...BEARER, ...(body !== undefined && { 'content-type': 'application/json' }) }
  return send(url, { method, headers, ...(body !== undefined && { body: JSON.stringify(body) }) })
}

/** The values of an NDJSON text. */
export function lines(body: string): Record<string, unknown>[] {
  return body
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => JSON.parse(line))
}
