import { fileNameOf, hexOf, ipv4Of, lineOf, uuidOf } from '../common/fields.ts'
import { portOf } from '../common/values.ts'

/** Longest file that goes in one datagram, what those who fetch make room for, and how long it is waited for. */
export const DATAGRAM = { maxBytes: 10_240, timeoutMs: 10_000 }

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

/** Each field's value in one form; undefined when it is none. */
const FIELDS = {
  peer_id: uuidOf,
  peer_ip: ipv4Of,
  peer_port: portOf,
  // With the name it is a short datagram.
  resource_path: (value: unknown) => lineOf(value, 700),
  resource_name: fileNameOf,
  resource_hash: (value: unknown) => hexOf(value, 32),
}

type Fields = { [K in keyof typeof FIELDS]: NonNullable<ReturnType<(typeof FIELDS)[K]>> }

/** What is told of a file to register it. */
export const REGISTRATION = Object.keys(FIELDS) as (keyof Fields)[]

/** A file and who has it, as clients read it. */
export type Resource = Readonly<Omit<Fields, 'peer_id'>>

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
