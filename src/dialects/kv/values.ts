import { ShoalError } from '../../base/errors.ts'

/** First line of what is kept of a value that is no text; the rest is JSON. Text that begins so is kept as JSON, too, so the line is never mistaken. */
const MARK = 'application/json\n'

/** JSON, with numbers as they were written where they would come out in another way: `1.0`, or more digits than fit. @throws SyntaxError, RangeError */
export function parseJson(text: string): unknown {
  return JSON.parse(text, (_key, value: unknown, { source }: { source?: string } = {}) =>
    typeof value === 'number' && source !== undefined && String(value) !== source ? rawJson(source) : value,
  )
}

// https://github.com/tc39/proposal-json-parse-with-source
const { rawJSON: rawJson } = JSON as unknown as { rawJSON(text: string): object }

/**
 * A JSON value as it is kept: text as it is, for everybody who reads values; all else with a line that says so.
 *
 * @throws ShoalError INVALID_ARGUMENT: nested too deeply
 */
export function encodeValue(value: unknown): Uint8Array {
  const isPlain = typeof value === 'string' && value.isWellFormed() && !value.startsWith(MARK)
  try {
    return Buffer.from(isPlain ? value : `${MARK}${JSON.stringify(value)}`)
  } catch (cause) {
    throw new ShoalError('INVALID_ARGUMENT', undefined, { cause })
  }
}

/** `{"value": …}` as it was stored. Bytes that are no text, which only nodes can put, come as Base64 and say so. */
export function valueAnswer(bytes: Uint8Array): string {
  const json = jsonOf(bytes)
  if (json !== undefined) return `{"value":${json}}`
  try {
    return JSON.stringify({ value: UTF8.decode(bytes) })
  } catch {
    return JSON.stringify({ value: Buffer.from(bytes).toString('base64'), encoding: 'base64' })
  }
}

/** The bytes of a value as a file: text or JSON. */
export function valueContent(bytes: Uint8Array): Uint8Array {
  const json = jsonOf(bytes)
  if (json === undefined) return bytes
  const value: unknown = JSON.parse(json)
  return Buffer.from(typeof value === 'string' && value.isWellFormed() ? value : json)
}

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

function jsonOf(bytes: Uint8Array): string | undefined {
  const text = Buffer.from(bytes).toString()
  if (!text.startsWith(MARK)) return undefined
  try {
    JSON.parse(text.slice(MARK.length))
    return text.slice(MARK.length)
  } catch {
    return undefined
  }
}
