import type { FastifyReply } from 'fastify'
import { clientSignal } from '../../api/events/client-signal.ts'
import { contentDisposition } from '../../api/gateway/disposition.ts'
import { sendAnswer } from '../../api/gateway/send.ts'
import { ShoalError, toShoalError } from '../../base/errors.ts'
import type { DialectFile, DialectPort } from '../dialect.ts'

export interface GivenFile {
  readonly name: string
  /** The one that is meant, as far as anybody was told of one. */
  readonly told: DialectFile | undefined
}

/**
 * Sends a file of this name, as something to save: the one that was told of if it can be read, else one that is here. When it ends too early the
 * connection is cut, so that nobody takes it for the whole. Errors before the first byte: NOT_FOUND, or those of reading the last one.
 */
export async function giveFile(
  reply: FastifyReply,
  node: Pick<DialectPort, 'find' | 'read'>,
  given: GivenFile,
): Promise<FastifyReply> {
  using life = clientSignal(reply.raw)
  let failure = new ShoalError('NOT_FOUND', 'There is no file of this name here.')
  for await (const file of candidates(node, given, life.signal)) {
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

async function* candidates(node: Pick<DialectPort, 'find'>, { name, told }: GivenFile, signal: AbortSignal) {
  if (told) yield told
  for await (const file of node.find({ name, here: true }, signal)) if (file.cid !== told?.cid) yield file
}
