import { once } from 'node:events'
import type { FastifyReply } from 'fastify'

export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | number>>
  /** Undefined for answers without a body: HEAD, 304. */
  readonly body?: AsyncIterable<Uint8Array> | undefined
}

/**
 * Sends an answer as fast as the client reads it. What fails before the first bytes is thrown, so that it still gets its own status; when it fails
 * later, the connection is cut, and the client sees that the body is not whole.
 */
export async function sendAnswer(
  reply: FastifyReply,
  { status, headers, body }: Answer,
  signal: AbortSignal,
): Promise<FastifyReply> {
  const chunks = body?.[Symbol.asyncIterator]()
  try {
    let next = await chunks?.next()
    reply.hijack()
    const { raw } = reply
    raw.writeHead(status, { ...(reply.getHeaders() as Record<string, string>), ...headers })
    try {
      for (; chunks && next && !next.done; next = await chunks.next()) {
        signal.throwIfAborted()
        if (!raw.write(next.value)) await once(raw, 'drain', { signal })
      }
      raw.end()
    } catch (error) {
      raw.destroy()
      if (!signal.aborted) throw error
    }
  } finally {
    await chunks?.return?.()
  }
  return reply
}

/** A body of one piece. */
export async function* single(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}
