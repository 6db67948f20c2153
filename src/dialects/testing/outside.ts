import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { TestContext } from 'node:test'

export interface Call {
  readonly path: string
  readonly json: unknown
}

export interface Outside {
  readonly host: string
  readonly port: number
  readonly url: string
  /** What it was called with, in order. */
  readonly calls: Call[]
  /** Resolves when so many calls to a path have come. */
  called(path: string, count?: number): Promise<Call[]>
  /** From now on nobody answers there. */
  close(): Promise<void>
}

/** Answers a call: JSON with 200, or a status and bytes. Undefined: 404. */
export type Answering = (
  call: Call,
) => { json: unknown; status?: number } | { bytes: string; status?: number } | undefined

/** A server of another system's, on a free port, that knows nothing of Shoal. */
export async function outside(t: TestContext, answer: Answering): Promise<Outside> {
  const calls: Call[] = []
  let waiting: (() => void)[] = []
  const server = createServer(async (request, response) => {
    const body = Buffer.concat(await request.toArray()).toString()
    const call = { path: request.url!, json: body ? JSON.parse(body) : undefined }
    calls.push(call)
    for (const look of waiting) look()
    const told = answer(call)
    response.statusCode = told ? (told.status ?? 200) : 404
    response.setHeader('connection', 'close')
    response.end(told ? ('bytes' in told ? told.bytes : JSON.stringify(told.json)) : '')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const close = async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
  t.after(close)
  const called = (path: string, count = 1) =>
    new Promise<Call[]>((resolve) => {
      const look = () => {
        const those = calls.filter((call) => call.path === path)
        if (those.length < count) return
        waiting = waiting.filter((other) => other !== look)
        resolve(those)
      }
      waiting.push(look)
      look()
    })
  return { host: '127.0.0.1', port, url: `http://127.0.0.1:${port}`, calls, called, close }
}

/** POST of JSON or GET: the status, and the body as JSON. */
export async function ask(url: string, json?: unknown): Promise<{ status: number; body: unknown }> {
  const post = {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(json),
  }
  const answer = await fetch(url, json === undefined ? {} : post)
  return { status: answer.status, body: await answer.json() }
}

/** Looks again until `look` gives something; the test's time-out ends it otherwise. */
export async function until<T>(look: () => T | undefined | Promise<T | undefined>): Promise<T> {
  for (;;) {
    const seen = await look()
    if (seen !== undefined) return seen
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}
