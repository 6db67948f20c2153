import { createReadStream } from 'node:fs'
import { resolve } from 'node:path'
import { ShoalError, toShoalError } from '../../base/errors.ts'
import type { CliIo } from '../io.ts'

/** Largest value that the network takes, bytes: more than that is not read from a file or pipe that may never end. */
const MAX_VALUE_BYTES = 65_536

/** Where the value of `kv put` comes from. */
export interface ValueSource {
  /** The argument; `-` = what is piped in. */
  value: string | undefined
  /** Path of a file; `-` = what is piped in. */
  file: string | undefined
}

/** The value to put. @throws ShoalError INVALID_ARGUMENT, TOO_LARGE; NOT_FOUND and other errors of the file */
export async function readValue({ value, file }: ValueSource, io: CliIo): Promise<Uint8Array> {
  if (value !== undefined && file !== undefined)
    throw new ShoalError('INVALID_ARGUMENT', 'Give a value or --file, not both.')
  const from = file ?? (value === '-' ? value : undefined)
  if (from === '-') return readAll(io.stdin, 'The input')
  if (from !== undefined) return readFile(resolve(io.cwd, from))
  if (value === undefined)
    throw new ShoalError('INVALID_ARGUMENT', 'Give a value, --file PATH, or - for what is piped in.')
  return Buffer.from(value, 'utf8')
}

async function readFile(path: string): Promise<Uint8Array> {
  try {
    return await readAll(createReadStream(path), path)
  } catch (error) {
    throw toShoalError(error, 'IO')
  }
}

async function readAll(source: AsyncIterable<Uint8Array>, what: string): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of source) {
    bytes += chunk.length
    if (bytes > MAX_VALUE_BYTES)
      throw new ShoalError(
        'TOO_LARGE',
        `${what} has more than ${MAX_VALUE_BYTES} bytes. Share it with: shoal add; and put its CID.`,
      )
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}
