import { isIP, isIPv6 } from 'node:net'
import type { Caller } from './dialect.ts'

/** One form of what names a machine: without brackets and zone, IPv4 as such, names in lower case, `localhost` as its address. */
export function plainHost(text: string): string {
  const [bare = ''] = text
    .replace(/^\[(.*)\]$/, '$1')
    .toLowerCase()
    .split('%', 1)
  const ipv4 = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/.exec(bare)?.[1]
  return ipv4 ?? (bare === 'localhost' ? '127.0.0.1' : bare)
}

/** HOST:PORT, with brackets around IPv6. */
export const hostPort = (host: string, port: number): string =>
  isIPv6(host) ? `[${host}]:${port}` : `${host}:${port}`

/** `127.0.0.1:5000`, `[::1]:5000`, `::1:5000` (as gRPC writes it), without a port when there is none. */
export function splitHostPort(text: string): { host: string; port: number | undefined } {
  if (isIP(text) !== 0) return { host: plainHost(text), port: undefined }
  const [, host, port] = /^(.*?):(\d{1,5})$/.exec(text) ?? [undefined, text, undefined]
  return { host: plainHost(host!), port: port === undefined ? undefined : Number(port) }
}

/** @param host and `port` as a socket tells them */
export const callerAt = (host: string | undefined, port: number | undefined): Caller => ({
  host: plainHost(host ?? ''),
  port: port ?? 0,
})

export const isLoopback = (host: string): boolean => /^127\.|^::1$|^localhost$/.test(host)
