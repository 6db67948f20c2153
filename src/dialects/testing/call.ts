import { request } from 'node:http'

export interface Answer {
  readonly status: number
  readonly text: string
  /** The body as JSON; undefined when it is none. */
  // biome-ignore lint/suspicious/noExplicitAny: tests compare it with what they expect
  readonly json: any
}

/** One plain call as a client of another system makes it: a GET may have a body; a body that is no text goes as JSON. */
export function call(url: string, method = 'GET', body?: unknown, headers: Record<string, string> = {}) {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>()
  const text = body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body)
  const length = text === undefined ? {} : { 'content-length': String(Buffer.byteLength(text)) }
  const type = { 'content-type': 'application/json; charset=utf-8' }
  const sent = request(
    url,
    { method, agent: false, headers: { ...type, ...length, ...headers } },
    (answer) => {
      const parts: Buffer[] = []
      answer.on('data', (part) => parts.push(part))
      answer.on('error', reject)
      answer.on('end', () => {
        const told = Buffer.concat(parts).toString()
        resolve({ status: answer.statusCode ?? 0, text: told, json: jsonOf(told) })
      })
    },
  )
  sent.on('error', reject)
  sent.end(text)
  return promise
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
