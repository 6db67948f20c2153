import { isIPv4 } from 'node:net'
import { hostPort } from '../hosts.ts'
import { portOf } from './values.ts'

/** An IPv4 address that one machine has. Undefined, here as below: it is none. */
export const ipv4Of = (value: unknown): string | undefined =>
  typeof value === 'string' && isIPv4(value) && value !== '0.0.0.0' ? value : undefined

/** A UUID in small letters, with dashes; it may come without. */
export function uuidOf(value: unknown): string | undefined {
  const hex = hexOf(typeof value === 'string' ? value.replaceAll('-', '') : value, 32)
  return hex?.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
}

/** So many hex digits, in small letters. */
export function hexOf(value: unknown, digits: number): string | undefined {
  const isHex = typeof value === 'string' && value.length === digits && /^[0-9a-f]*$/i.test(value)
  return isHex ? value.toLowerCase() : undefined
}

/** Text of one line, of at most so many bytes; it may be empty. */
export function lineOf(value: unknown, maxBytes: number): string | undefined {
  const isLine = typeof value === 'string' && value.isWellFormed() && !/\p{Cc}/u.test(value)
  return isLine && Buffer.byteLength(value) <= maxBytes ? value : undefined
}

/** A file's name of at most 255 bytes: no path, and nothing that leads elsewhere. */
export function fileNameOf(value: unknown): string | undefined {
  const name = lineOf(value, 255)
  return name === undefined || /^\.{0,2}$|\//.test(name) ? undefined : name
}

/** Where somebody's server is. */
export interface Address {
  /** IPv4. */
  readonly host: string
  readonly port: number
}

/** An IPv4 address, or `localhost`, and a port. */
export function addressOf(givenHost: unknown, givenPort: unknown): Address | undefined {
  const host = ipv4Of(givenHost === 'localhost' ? '127.0.0.1' : givenHost)
  const port = portOf(givenPort)
  return host && port ? { host, port } : undefined
}

/** HOST:PORT. */
export const addressText = ({ host, port }: Address): string => hostPort(host, port)
