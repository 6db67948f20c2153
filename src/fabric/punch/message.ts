import { CODE_P2P, CODE_TCP, type Multiaddr, multiaddr } from '@multiformats/multiaddr'
import { ShoalError } from '../../base/errors.ts'
import { ipOf } from '../multiaddrs.ts'

/** The two ends of a relayed connection make a straight one; see hole-punch.ts for who says what. */
export const PUNCH_PROTOCOL = '/shoal/punch/1.0.0'

/** Longest message, bytes of JSON with its line end. */
export const MAX_MESSAGE_BYTES = 256

/** What is said: where the port that was made for this is seen from outside; that one is ready; now. */
export type PunchMessage =
  | { readonly type: 'address'; readonly address: string }
  | { readonly type: 'ready' }
  | { readonly type: 'go' }

/** One line of JSON. */
export function encodeMessage(message: PunchMessage): Uint8Array {
  return Buffer.from(`${JSON.stringify(message)}\n`)
}

/** @throws ShoalError BAD_RESPONSE for a line that is no message */
export function decodeMessage(line: string): PunchMessage {
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch {
    throw bad()
  }
  const { type, address } = (typeof value === 'object' ? (value ?? {}) : {}) as Record<string, unknown>
  if (type === 'ready' || type === 'go') return { type }
  if (type !== 'address' || typeof address !== 'string') throw bad()
  return { type, address }
}

/** A TCP port of a host. */
export interface TcpAddress {
  /** `/ip4/…/tcp/…` or `/ip6/…/tcp/…`, nothing behind it. */
  readonly address: Multiaddr
  readonly ip: string
  readonly family: 'ip4' | 'ip6'
}

/** The plain TCP port that an address names, a PeerId at its end put away; undefined for any other kind of address. */
export function tcpAddress(address: Multiaddr | string): TcpAddress | undefined {
  try {
    const read = typeof address === 'string' ? multiaddr(address) : address
    const ip = ipOf(read)
    const [host, port, ...more] = read.getComponents()
    const isPlain = port?.code === CODE_TCP && more.length <= 1 && more.every(({ code }) => code === CODE_P2P)
    if (ip === undefined || !host || !isPlain || !(Number(port.value) > 0)) return undefined
    const family = host.name === 'ip6' ? 'ip6' : 'ip4'
    return { address: multiaddr(`/${family}/${ip}/tcp/${port.value}`), ip, family }
  } catch {
    return undefined
  }
}

const bad = () => new ShoalError('BAD_RESPONSE', 'A peer said something else while a hole was punched.')
