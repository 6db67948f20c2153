import { isIPv4 } from 'node:net'
import type { Address } from '@libp2p/interface'
import type { Clock } from '../base/clock.ts'
import type { Interfaces } from '../base/interfaces.ts'
import { ipOf, isRelayed, scopeOf } from './multiaddrs.ts'

/** Interfaces are read anew after this, ms: a sort compares many pairs. */
const FRESH_MS = 2000

/**
 * Compares addresses of a peer by how likely they lead there: libp2p tries them one after the other. Local addresses of networks that
 * this machine is not in come last, after the relayed ones: dialling them costs a timeout each.
 */
export function dialOrder(
  interfaces: () => Interfaces,
  clock: Clock,
): (a: Address, b: Address) => -1 | 0 | 1 {
  let known: { interfaces: Interfaces; atMs: number } | undefined
  return (a, b) => {
    const nowMs = clock.monotonic()
    if (!known || nowMs - known.atMs > FRESH_MS) known = { interfaces: interfaces(), atMs: nowMs }
    const difference =
      rankOf(a, known.interfaces) - rankOf(b, known.interfaces) ||
      Number(isWebSocket(a)) - Number(isWebSocket(b))
    return difference < 0 ? -1 : difference > 0 ? 1 : 0
  }
}

/** It costs more than TCP, and is for those who cannot have that. */
const isWebSocket = ({ multiaddr }: Address): boolean => /\/wss?(\/|$)/.test(multiaddr.toString())

function rankOf({ multiaddr }: Address, interfaces: Interfaces): number {
  if (isRelayed(multiaddr)) return 3
  const ip = ipOf(multiaddr)
  if (ip === undefined) return 2
  const scope = scopeOf(ip)
  if (scope === 'public') return 1
  const isNear = scope === 'loopback' ? !hasOther(interfaces) : isInNetworkOf(ip, interfaces)
  return isNear ? 0 : scope === 'loopback' ? 5 : 4
}

/** Whether this machine is in any network but its own. */
function hasOther(interfaces: Interfaces): boolean {
  return infos(interfaces).some(({ internal }) => !internal)
}

function isInNetworkOf(ip: string, interfaces: Interfaces): boolean {
  const bits = bitsOf(ip)
  return infos(interfaces).some(({ address, cidr }) => {
    const prefix = Number(cidr?.split('/')[1])
    const own = bitsOf(address)
    return own.length === bits.length && prefix > 0 && own.slice(0, prefix) === bits.slice(0, prefix)
  })
}

const infos = (interfaces: Interfaces) => Object.values(interfaces).flatMap((list) => list ?? [])

/** The bits of an IP address as text, so that prefixes can be compared. */
function bitsOf(ip: string): string {
  if (isIPv4(ip))
    return ip
      .split('.')
      .map((part) => Number(part).toString(2).padStart(8, '0'))
      .join('')
  const [head = '', tail] = ip.replace(/%.*$/, '').split('::')
  const front = head === '' ? [] : head.split(':')
  const back = tail ? tail.split(':') : []
  const zeros = tail === undefined ? [] : Array.from({ length: 8 - front.length - back.length }, () => '0')
  const groups = [...front, ...zeros, ...back]
  return groups.map((group) => Number.parseInt(group, 16).toString(2).padStart(16, '0')).join('')
}
