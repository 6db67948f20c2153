import { isIPv4 } from 'node:net'

/** A file and who has it, as clients read it. */
export interface Resource {
  readonly peer_ip: string
  readonly peer_port: number
  readonly resource_path: string
  readonly resource_name: string
  readonly resource_hash: string
}

/** Longest file that goes in one datagram, bytes: what those who fetch make room for. */
export const MAX_FILE_BYTES = 10_240

/** What clients send to fetch it. */
export const requestOf = ({ resource_path, resource_name }: Resource) => `${resource_path}/${resource_name}`

/** What every answer tells is JSON text within JSON. */
export const answer = (value: unknown) => ({ success: true, data: JSON.stringify(value) })

/** An error that is answered with this status and text. */
const refusal = (statusCode: number, text: string) => Object.assign(new Error(text), { statusCode })

/** A body as it came; undefined for an empty one. @throws 400 */
export function parseBody(text: string): unknown {
  try {
    return text.trim() === '' ? undefined : JSON.parse(text)
  } catch {
    throw refusal(400, 'The body is not JSON.')
  }
}

export const isEmpty = (body: unknown) => body == null || Object.keys(Object(body)).length === 0

/** Text, or a number as text. */
const plain = (value: unknown) => (typeof value === 'string' || typeof value === 'number' ? `${value}` : '')

/** Each field's value in one form: the UUID with dashes, hex in small letters, the port a number; undefined when it is none. */
const FIELDS = {
  peer_id(value: unknown) {
    const hex = plain(value).replaceAll('-', '').toLowerCase()
    return /^[0-9a-f]{32}$/.test(hex) ? hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-') : undefined
  },
  peer_ip: (value: unknown) => (isIPv4(plain(value)) ? plain(value) : undefined),
  peer_port(value: unknown) {
    const port = /^\d{1,5}$/.test(plain(value)) ? Number(value) : 0
    return port > 0 && port < 65_536 ? port : undefined
  },
  // With the name it is a short datagram.
  resource_path: (value: unknown) => textOf(value, 700),
  resource_name: (value: unknown) => (/^\.{0,2}$|\//.test(plain(value)) ? undefined : textOf(value, 255)),
  resource_hash: (value: unknown) =>
    /^[0-9a-f]{32}$/i.test(plain(value)) ? plain(value).toLowerCase() : undefined,
}

/** What is told of a file to register it. */
export const REGISTRATION = Object.keys(FIELDS) as (keyof typeof FIELDS)[]

function textOf(value: unknown, maxBytes: number): string | undefined {
  const isText = typeof value === 'string' && value.isWellFormed() && !/\p{Cc}/u.test(value)
  return isText && Buffer.byteLength(value) <= maxBytes ? value : undefined
}

type Fields = { [K in keyof typeof FIELDS]: NonNullable<ReturnType<(typeof FIELDS)[K]>> }

/** The named fields of a body, none missing and no others. @throws 400 when there is nothing, 422 with what is wrong by field */
export function readFields<K extends keyof Fields>(body: unknown, names: readonly K[]): Pick<Fields, K> {
  if (isEmpty(body)) throw refusal(400, 'No body')
  const given = new Map<string, unknown>(Object.entries(Object(body)))
  const read = new Map(names.map((name) => [name, FIELDS[name](given.get(name))]))
  const wrong = [...new Set([...given.keys(), ...names])].flatMap((name) => {
    if (!names.some((known) => known === name)) return [[name, ['Unknown field.']]]
    return read.get(name as K) === undefined ? [[name, [given.has(name) ? 'Not valid.' : 'Missing.']]] : []
  })
  if (wrong.length) throw refusal(422, JSON.stringify(Object.fromEntries(wrong)))
  return Object.fromEntries(read) as Pick<Fields, K>
}
