import { isIPv4 } from 'node:net'
import { type ErrorCode, ShoalError } from '../../base/errors.ts'
import { hostPort, plainHost } from '../hosts.ts'

/** Longest name that any file system has, in UTF-16 units. */
const MAX_NAME_LENGTH = 255

/** What there is. @throws ShoalError of this code when there is nothing */
export function given<T>(value: T | undefined, code: ErrorCode, problem?: string): T {
  if (value === undefined) throw new ShoalError(code, problem)
  return value
}

/** What `work` returns; undefined when it throws. */
export function quietly<T>(work: () => T): T | undefined {
  try {
    return work()
  } catch {
    return undefined
  }
}

/** What a value stands for; undefined when it does not. */
export type Reader = (value: unknown) => unknown

/** What the readers of some fields make of them. */
export type Fields<R extends Record<string, Reader>> = {
  readonly [K in keyof R]: Exclude<ReturnType<R[K]>, undefined>
}

/** Reads the fields of a JSON object, each as its reader takes it; others are left out. Undefined: one of them is missing, or is not taken. */
export const reader =
  <R extends Record<string, Reader>>(readers: R) =>
  (body: unknown): Fields<R> | undefined => {
    const given = fieldsOf(body)
    const read = Object.entries(readers).map(([name, take]) => [name, take(given[name])] as const)
    return read.some(([, value]) => value === undefined) ? undefined : (Object.fromEntries(read) as Fields<R>)
  }

/** What a JSON object has; of anything else there are no fields. */
export const fieldsOf = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}

/** A file's name as somebody else says it: hostile, but text of one line and of a size that names have. Undefined: it is none. */
export function nameOf(value: unknown): string | undefined {
  if (typeof value !== 'string' || value === '' || value.length > MAX_NAME_LENGTH) return undefined
  return value.isWellFormed() && !/\p{Cc}/u.test(value) ? value : undefined
}

/** SHA-256 in lower case. Undefined: it is none. */
export function sha256Of(value: unknown): string | undefined {
  return typeof value === 'string' && /^[0-9a-f]{64}$/i.test(value) ? value.toLowerCase() : undefined
}

/** IPv4 address or host name, as it is said, so that it is known again; nothing that would mean another host in a URL. Undefined: it is none. */
export function hostOf(value: unknown): string | undefined {
  if (typeof value !== 'string' || value.length > 253) return undefined
  if (isIPv4(value)) return value
  if (!/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/i.test(value) || !URL.canParse(`http://${value}`)) return undefined
  return new URL(`http://${value}`).hostname === value.toLowerCase() ? value : undefined
}

/** 1 to 65535, as number or text. Undefined: it is none. */
export function portOf(value: unknown): number | undefined {
  const port = typeof value === 'string' && /^\d{1,5}$/.test(value) ? Number(value) : value
  return typeof port === 'number' && Number.isInteger(port) && port > 0 && port < 65_536 ? port : undefined
}

/** `http://HOST:PORT` of an address; undefined when it says anything more, or is none. */
export function originOf(address: unknown): string | undefined {
  if (typeof address !== 'string' || address.length > 255 || !URL.canParse(address)) return undefined
  const url = new URL(address)
  return url.protocol === 'http:' && url.href === `${url.origin}/` ? url.origin : undefined
}

/** A whole number, also as text. Undefined: it is none. */
export const wholeOf = (value: unknown): number | undefined =>
  Number.isSafeInteger(value) || (typeof value === 'string' && /^\d{1,15}$/.test(value))
    ? Number(value)
    : undefined

/** Where a server is. Names of one machine are one: `localhost` is called by its address, which is what calls come from. */
export const urlOf = ({ host, port }: { readonly host: string; readonly port: number }): string =>
  `http://${hostPort(plainHost(host), port)}`
