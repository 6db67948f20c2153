import { ShoalError } from '../../base/errors.ts'
import { MIB } from '../../base/units.ts'

/** Longest line accepted. A download of a folder with many sources stays far below. */
export const MAX_LINE_BYTES = 16 * MIB

const NEWLINE = 0x0a

/**
 * The JSON values of a stream with one a line (NDJSON). A last line without a line end counts when it is whole.
 *
 * @throws ShoalError BAD_RESPONSE for a line that is not JSON, TOO_LARGE for one above `maxLineBytes`
 */
export async function* ndjsonValues(
  chunks: AsyncIterable<Uint8Array>,
  maxLineBytes = MAX_LINE_BYTES,
): AsyncGenerator<unknown> {
  let pending: Uint8Array[] = []
  let pendingBytes = 0
  for await (const chunk of chunks) {
    let start = 0
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
      yield* parsed(Buffer.concat([...pending, chunk.subarray(start, end)]), maxLineBytes)
      pending = []
      pendingBytes = 0
      start = end + 1
    }
    pending.push(chunk.subarray(start))
    pendingBytes += chunk.length - start
    if (pendingBytes > maxLineBytes) throw tooLong(maxLineBytes)
  }
  yield* parsed(Buffer.concat(pending), maxLineBytes)
}

function* parsed(line: Buffer, maxLineBytes: number): Generator<unknown> {
  if (line.length > maxLineBytes) throw tooLong(maxLineBytes)
  const text = line.toString('utf8').trim()
  if (text === '') return
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    throw new ShoalError('BAD_RESPONSE', 'The node sent a line that is not JSON.', { cause })
  }
  yield value
}

const tooLong = (maxLineBytes: number): ShoalError =>
  new ShoalError('TOO_LARGE', `The node sent a line of more than ${maxLineBytes} bytes.`)
