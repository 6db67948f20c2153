import { isIPv4, isIPv6 } from 'node:net'
import {
  CODE_IP4,
  CODE_IP6,
  CODE_P2P,
  CODE_P2P_CIRCUIT,
  type Multiaddr,
  multiaddr,
} from '@multiformats/multiaddr'
import { ShoalError } from '../base/errors.ts'

/** @throws ShoalError INVALID_ARGUMENT */
export function readMultiaddr(text: string): Multiaddr {
  try {
    return multiaddr(text)
  } catch (cause) {
    throw new ShoalError(
      'INVALID_ARGUMENT',
      `This is not a multiaddr: ${JSON.stringify(text.slice(0, 200))}`,
      {
        cause,
      },
    )
  }
}

/** Those that can be read; what peers tell proves nothing and may be anything. */
export function readableMultiaddrs(texts: readonly string[]): Multiaddr[] {
  return texts.flatMap((text) => {
    try {
      return [multiaddr(text)]
    } catch {
      return []
    }
  })
}

/** The PeerId that a multiaddr ends at; undefined when it names none. */
export function peerIdOf(address: Multiaddr): string | undefined {
  return address.getComponents().findLast(({ code }) => code === CODE_P2P)?.value
}

/** Whether it goes through a relay. */
export function isRelayed(address: Multiaddr): boolean {
  return address.getComponents().some(({ code }) => code === CODE_P2P_CIRCUIT)
}

/** The IP address it begins with; undefined for a name. */
export function ipOf(address: Multiaddr): string | undefined {
  const first = address.getComponents()[0]
  return first?.code === CODE_IP4 || first?.code === CODE_IP6 ? first.value : undefined
}

/** Without the PeerId at its end when that is `peerId`: who tells its own addresses need not say it each time. */
export function withoutPeerId(address: Multiaddr, peerId: string): Multiaddr {
  const last = address.getComponents().at(-1)
  return last?.code === CODE_P2P && last.value === peerId ? address.decapsulateCode(CODE_P2P) : address
}

/** With the PeerId at its end. */
export function withPeerId(address: Multiaddr, peerId: string): Multiaddr {
  const last = address.getComponents().at(-1)
  return last?.code === CODE_P2P ? address : address.encapsulate(`/p2p/${peerId}`)
}

/** Who may be reached at an IP address. */
export type Scope = 'loopback' | 'local' | 'public'

/**
 * The scope of an IP address. Local: private (RFC 1918, RFC 4193), link-local, shared by a provider's NAT (RFC 6598); anything that is
 * neither is taken for public.
 */
export function scopeOf(ip: string): Scope {
  const host = ip.toLowerCase().replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/, '')
  if (isIPv4(host)) return ipv4Scope(host)
  if (!isIPv6(host)) return 'local'
  if (host === '::1') return 'loopback'
  return host === '::' || /^(f[cd]|fe[89ab])/.test(host) ? 'local' : 'public'
}

function ipv4Scope(host: string): Scope {
  const [a = 0, b = 0] = host.split('.').map(Number)
  if (a === 127) return 'loopback'
  const isLocal =
    a === 0 ||
    a === 10 ||
    (a === 172 && b >= 16 && b < 32) ||
    (a === 192 && b === 168) ||
    (a === 169 && b === 254) ||
    (a === 100 && b >= 64 && b < 128) ||
    a >= 224
  return isLocal ? 'local' : 'public'
}
