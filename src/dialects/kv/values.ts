import { given, quietly } from '../common/values.ts'

/** First line of what is kept of a value that is no text; the rest is JSON. Text that begins so is kept as JSON, too, so the line is never mistaken. */
const MARK = 'application/json\n'

/**
 * A JSON value as it is kept: text as it is, for everybody who reads values; all else with a line that says so.
 *
 * @throws ShoalError INVALID_ARGUMENT: nested too deeply
 */
export function encodeValue(value: unknown): Buffer {
  const isPlain = typeof value === 'string' && value.isWellFormed() && !value.startsWith(MARK)
  const kept = quietly(() => Buffer.from(isPlain ? value : `${MARK}${JSON.stringify(value)}`))
  return given(kept, 'INVALID_ARGUMENT')
}

/** `{"value": …}` as it was stored. Bytes that are no text, which only nodes can put, come as Base64 and say so. */
export function valueAnswer(bytes: Uint8Array): string {
  const json = jsonOf(bytes)
  if (json !== undefined) return `{"value":${json}}`
  const text = quietly(() => new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes))
  if (text !== undefined) return JSON.stringify({ value: text })
  return JSON.stringify({ value: Buffer.from(bytes).toString('base64'), encoding: 'base64' })
}

/** The bytes of a value as a file: text or JSON. */
export function valueContent(bytes: Uint8Array): Uint8Array {
  const json = jsonOf(bytes)
  if (json === undefined) return bytes
  const value: unknown = JSON.parse(json)
  return Buffer.from(typeof value === 'string' && value.isWellFormed() ? value : json)
}

function jsonOf(bytes: Uint8Array): string | undefined {
  const text = Buffer.from(bytes).toString()
  const json = text.startsWith(MARK) ? text.slice(MARK.length) : ''
  return quietly(() => JSON.parse(json)) === undefined ? undefined : json
}
