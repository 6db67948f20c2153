import { isIPv6 } from 'node:net'
import type { Interfaces } from '../base/interfaces.ts'

const WILDCARDS = new Set(['0.0.0.0', '::', ''])

/** HOST:PORT, with brackets around IPv6. */
export function joinHostPort(host: string, port: number): string {
  return isIPv6(host) ? `[${host}]:${port}` : `${host}:${port}`
}

/**
 * Addresses under which others may reach a server that listens on `host`: the host itself, or for a wildcard every
 * address of the machine that is not loopback or link-local, IPv4 first; loopback when there is no other.
 */
export function announcedAddresses(host: string, port: number, interfaces: Interfaces): string[] {
  if (!WILDCARDS.has(host)) return [joinHostPort(host, port)]
  const usable = Object.values(interfaces)
    .flatMap((infos) => infos ?? [])
    .filter((info) => !info.internal && !info.address.toLowerCase().startsWith('fe80:'))
    .filter((info) => host !== '0.0.0.0' || info.family === 'IPv4')
    .sort((a, b) => a.family.localeCompare(b.family))
    .map((info) => joinHostPort(info.address, port))
  return usable.length > 0 ? [...new Set(usable)] : [joinHostPort('127.0.0.1', port)]
}

/** The address to show for use on this machine. */
export function localAddress(host: string, port: number): string {
  return joinHostPort(WILDCARDS.has(host) ? '127.0.0.1' : host, port)
}
