import type { FastifyReply } from 'fastify'
import { clientSignal } from '../../api/events/client-signal.ts'
import { contentDisposition } from '../../api/gateway/disposition.ts'
import { sendAnswer } from '../../api/gateway/send.ts'
import { ShoalError, toShoalError } from '../../base/errors.ts'
import type { DialectFile, DialectPort } from '../dialect.ts'

/**
 * Sends the first of these files that can be read, as something to save. When it ends too early the connection is cut, so that nobody takes it for the
 * whole. Errors before the first byte: NOT_FOUND, or those of reading the last one.
 */
export async function giveFile(
  reply: FastifyReply,
  node: Pick<DialectPort, 'read'>,
  files: (signal: AbortSignal) => AsyncIterable<DialectFile>,
): Promise<FastifyReply> {
  using life = clientSignal(reply.raw)
  let failure = new ShoalError('NOT_FOUND', 'There is no file of this name here.')
  for await (const file of files(life.signal)) {
    const headers = {
      'content-type': 'application/octet-stream',
      'content-length': file.sizeBytes,
      'content-disposition': contentDisposition('attachment', file.name),
      'content-security-policy': "default-src 'none'; sandbox",
      'x-content-type-options': 'nosniff',
    }
    try {
      return await sendAnswer(
        reply,
        { status: 200, headers, body: node.read(file, life.signal) },
        life.signal,
      )
    } catch (error) {
      if (reply.sent) return reply
      failure = toShoalError(error)
    }
  }
  throw failure
}
