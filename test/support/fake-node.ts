import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A request as a handler of the fake sees it. */
export interface FakeRequest {
  readonly method: string
  /** Below /api/v1, decoded. */
  readonly path: string
  readonly query: URLSearchParams
  readonly body: Record<string, unknown> | undefined
  /** The body as it came. */
  readonly bytes: Buffer
  readonly headers: IncomingMessage['headers']
  /** Aborts when the caller goes away. */
  readonly signal: AbortSignal
}

export type FakeAnswer =
  | { readonly json: unknown; readonly status?: number }
  | { readonly problem: { status: number; code: string; detail: string; details?: object } }
  | { readonly raw: string | Buffer; readonly status?: number; readonly type?: string }
  /** NDJSON; `cutOff` ends the connection instead of the answer after the last line. */
  | { readonly lines: AsyncIterable<unknown> | Iterable<unknown>; readonly cutOff?: boolean }

export type FakeHandler = (request: FakeRequest) => FakeAnswer | Promise<FakeAnswer>

export interface FakeNode extends AsyncDisposable {
  readonly url: string
  readonly port: number
  /** All requests so far. */
  readonly requests: FakeRequest[]
}

/**
 * An HTTP server that speaks the REST of a node with the given answers, on a free loopback port.
 *
 * @param handlers by method and path: `GET /status`, `POST /downloads/1/pause`
 */
export async function fakeNode(handlers: Record<string, FakeHandler>): Promise<FakeNode> {
  const requests: FakeRequest[] = []
  const server = createServer(async (request, response) => {
    const url = new URL(request.url ?? '/', 'http://fake')
    const gone = new AbortController()
    response.on('close', () => gone.abort())
    const bytes = Buffer.concat(await Array.fromAsync(request))
    const isJson = bytes.length > 0 && request.headers['content-type'] === 'application/json'
    const seen: FakeRequest = {
      method: request.method ?? '',
      path: decodeURIComponent(url.pathname.replace(/^\/api\/v1/, '')),
      query: url.searchParams,
      body: isJson ? JSON.parse(bytes.toString()) : undefined,
      bytes,
      headers: request.headers,
      signal: gone.signal,
    }
    requests.push(seen)
    const handler = handlers[`${seen.method} ${seen.path}`]
    await send(
      response,
      handler
        ? await handler(seen)
        : { problem: { status: 404, code: 'NOT_FOUND', detail: `No ${seen.path} here.` } },
    )
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    requests,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

async function send(response: ServerResponse, answer: FakeAnswer): Promise<void> {
  if ('json' in answer) {
    response.writeHead(answer.status ?? 200, { 'content-type': 'application/json' })
    response.end(JSON.stringify(answer.json))
  } else if ('problem' in answer) {
    const { status, ...rest } = answer.problem
    response.writeHead(status, { 'content-type': 'application/problem+json' })
    response.end(JSON.stringify({ type: 'about:blank', title: 'Problem', status, ...rest }))
  } else if ('raw' in answer) {
    response.writeHead(answer.status ?? 200, { 'content-type': answer.type ?? 'text/html' })
    response.end(answer.raw)
  } else {
    response.writeHead(200, { 'content-type': 'application/x-ndjson' })
    for await (const line of answer.lines) {
      if (response.destroyed) return
      await new Promise<void>((flushed) => response.write(`${JSON.stringify(line)}\n`, () => flushed()))
    }
    if (answer.cutOff) response.destroy()
    else response.end()
  }
}
