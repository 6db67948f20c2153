import { plainHost } from './address.ts'

/** How many connections a server holds at once, finished handshakes and unfinished ones together. */
export interface AdmissionLimits {
  /** All together. */
  maxConnections: number
  /** From one IPv4 address or one IPv6 /64 network, which is what one household gets. */
  maxConnectionsPerAddress: number
}

/** Counts connections and says who may come in. */
export class Admission {
  readonly limits: AdmissionLimits
  #total = 0
  #byNetwork = new Map<string, number>()

  constructor(limits: AdmissionLimits) {
    this.limits = limits
  }

  get total(): number {
    return this.#total
  }

  /**
   * * Takes a place for a connection from `remoteAddress` (empty for a tunnel, which counts in the total
   * only). Undefined when there is none; else gives it back when the returned function is called, once.
   */
  enter(remoteAddress: string): (() => void) | undefined {
    const network = networkOf(remoteAddress)
    const held = this.#byNetwork.get(network) ?? 0
    if (this.#total >= this.limits.maxConnections) return undefined
    if (network !== '' && held >= this.limits.maxConnectionsPerAddress) return undefined
    this.#total++
    this.#byNetwork.set(network, held + 1)
    let inside = true
    return () => {
      if (!inside) return
      inside = false
      this.#total--
      const left = this.#byNetwork.get(network)! - 1
      if (left > 0) this.#byNetwork.set(network, left)
      else this.#byNetwork.delete(network)
    }
  }
}

/** What counts as one address: an IPv4 address, or the first 64 bits of an IPv6 one. */
export function networkOf(remoteAddress: string): string {
  const host = plainHost(remoteAddress).replace(/%.*$/, '')
  if (!host.includes(':')) return host
  const [head = '', tail] = host.split('::')
  const groups = head === '' ? [] : head.split(':')
  if (tail !== undefined) {
    const after = tail === '' ? [] : tail.split(':')
    while (groups.length + after.length < 8) groups.push('0')
    groups.push(...after)
  }
  return groups
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':')
}
