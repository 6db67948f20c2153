import type { Random } from '../../src/base/random.ts'
import type { LabClock } from './clock.ts'
import { SimHost } from './host.ts'
import { DEFAULT_LATENCY, delayMs, type LatencyOptions, randomPlace } from './latency.ts'

export interface SimNetworkSetup {
  readonly clock: LabClock
  readonly random: Random
  readonly latency?: Partial<LatencyOptions>
  /** Every message is encoded and decoded, as on a real link, instead of being passed on as the object it is. Slow; for tests. */
  readonly wire?: boolean
  /** A connection that nobody answers is given up after this long, ms. Default 3000. */
  readonly connectTimeoutMs?: number
}

export interface HostOptions {
  readonly peerId: string
  /** Nobody can call it; it can call others. */
  readonly nat?: boolean
}

/** What one host can do with another. `silent`: nothing comes back, not even a refusal. */
export type Reach = 'open' | 'refused' | 'silent'

/** An internet of hosts that exists in memory only. */
export class SimNetwork {
  readonly clock: LabClock
  readonly wire: boolean
  readonly connectTimeoutMs: number
  /** Messages by method, `Connect:CASE` for those between neighbours. */
  readonly sent = new Map<string, number>()
  readonly latency: LatencyOptions
  readonly #random: Random
  readonly #hosts = new Map<string, SimHost>()
  #sideOf: ((host: SimHost) => number) | undefined

  constructor({ clock, random, latency, wire = false, connectTimeoutMs = 3000 }: SimNetworkSetup) {
    this.clock = clock
    this.wire = wire
    this.connectTimeoutMs = connectTimeoutMs
    this.latency = { ...DEFAULT_LATENCY, ...latency }
    this.#random = random
  }

  /** Adds a host with an address of its own. */
  addHost({ peerId, nat = false }: HostOptions): SimHost {
    const n = this.#hosts.size + 1
    const ip = `10.${(n >> 16) & 255}.${(n >> 8) & 255}.${n & 255}`
    const place = randomPlace(this.#random, this.latency)
    const host = new SimHost({ network: this, peerId, ip, nat, place })
    this.#hosts.set(host.address, host)
    return host
  }

  hostAt(address: string): SimHost | undefined {
    return this.#hosts.get(address)
  }

  /** Parts the network: hosts for which `sideOf` gives different numbers hear nothing of each other until {@link heal}. */
  partition(sideOf: (host: SimHost) => number): void {
    this.#sideOf = sideOf
  }

  heal(): void {
    this.#sideOf = undefined
  }

  /** Whether a message from `a` gets to `b` now. */
  isJoined(a: SimHost, b: SimHost): boolean {
    return this.#sideOf === undefined || this.#sideOf(a) === this.#sideOf(b)
  }

  /** What happens to a call from `a` to whatever is at `address`. */
  reach(a: SimHost, address: string): { reach: Reach; host: SimHost | undefined } {
    const host = this.#hosts.get(address)
    if (!host || host.nat || !this.isJoined(a, host)) return { reach: 'silent', host }
    if (host.state === 'alive') return { reach: 'open', host }
    return { reach: host.state === 'killed' ? 'refused' : 'silent', host }
  }

  delayMs(a: SimHost, b: SimHost): number {
    return delayMs(a.place, b.place, this.#random, this.latency)
  }

  count(what: string): void {
    this.sent.set(what, (this.sent.get(what) ?? 0) + 1)
  }
}
