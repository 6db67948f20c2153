import type { Gateway, MapPortOptions, PortMapping, UPnPNAT } from '@achingbrain/nat-port-mapper'
import type { Clock } from '../base/clock.ts'
import { Emitter } from '../base/events.ts'
import type { Logger } from '../base/log.ts'
import { scopeOf } from './multiaddrs.ts'

/** What became of asking the router to forward ports, for people. */
export interface UpnpState {
  /** `none`: no router answered in time. `failed`: one did and refused, or it stands behind a NAT itself. */
  readonly state: 'off' | 'searching' | 'none' | 'mapped' | 'failed'
  /** Host of the router. */
  readonly gateway?: string
  /** HOST:PORT outside that lead here. */
  readonly mapped: readonly string[]
  readonly error?: string
}

/** A router that speaks UPnP answers within seconds, ms. */
const SEARCH_MS = 15_000
/** Most mappings that are kept in mind. */
const MAX_MAPPED = 32

/** What {@link Gateways} is made from. */
export interface GatewaysSetup {
  readonly client: UPnPNAT
  /** Ports to forward beside those of libp2p, TCP. */
  readonly ports: () => readonly number[]
  readonly clock: Clock
  readonly log: Logger
}

/**
 * The client through which libp2p's UPnP service finds routers, with eyes: it notes what it sees, and lets each router that forwards a port of libp2p
 * forward the node's other ports to the same host too.
 */
export class Gateways implements UPnPNAT {
  /** More, or other, addresses outside lead here. */
  readonly changes = new Emitter<void>()
  readonly #setup: GatewaysSetup
  readonly #sinceMs: number
  readonly #mapped = new Map<string, PortMapping>()
  #gateway: string | undefined
  #error: string | undefined

  constructor(setup: GatewaysSetup) {
    this.#setup = setup
    this.#sinceMs = setup.clock.monotonic()
  }

  get state(): UpnpState {
    const mapped = [...this.#mapped.values()].map(outside)
    const gateway = this.#gateway
    if (mapped.length > 0) return { state: 'mapped', mapped, ...(gateway && { gateway }) }
    if (this.#error !== undefined)
      return { state: 'failed', mapped, error: this.#error, ...(gateway && { gateway }) }
    const isSearching = gateway !== undefined || this.#setup.clock.monotonic() - this.#sinceMs < SEARCH_MS
    return { state: isSearching ? 'searching' : 'none', mapped, ...(gateway && { gateway }) }
  }

  /** HOST:PORT outside that lead to one of the node's own ports. */
  forwarded(port: number): string[] {
    return [...this.#mapped.values()].filter(({ internalPort }) => internalPort === port).map(outside)
  }

  async *findGateways(
    options?: Parameters<UPnPNAT['findGateways']>[0],
  ): AsyncGenerator<Gateway, void, unknown> {
    for await (const gateway of this.#setup.client.findGateways(options)) yield this.#watched(gateway)
  }

  async getGateway(...args: Parameters<UPnPNAT['getGateway']>): Promise<Gateway> {
    return this.#watched(await this.#setup.client.getGateway(...args))
  }

  #watched(gateway: Gateway): Gateway {
    this.#gateway = gateway.host
    this.#setup.log.info({ gateway: gateway.host }, 'found a router that speaks UPnP')
    const map = async (port: number, host: string, options?: MapPortOptions) => {
      const mapping = await this.#map(gateway, port, host, options)
      for (const other of this.#setup.ports()) {
        // That one port is refused is noted; the one that was asked for is forwarded all the same.
        if (!this.#mapped.has(keyOf(host, other)))
          await this.#map(gateway, other, host, { protocol: 'TCP', description: 'shoal' }).catch(() => {})
      }
      return mapping
    }
    return new Proxy(gateway, {
      get: (target, name) => {
        if (name === 'map') return map
        const value: unknown = Reflect.get(target, name)
        return typeof value === 'function' ? value.bind(target) : value
      },
    })
  }

  async #map(gateway: Gateway, port: number, host: string, options?: MapPortOptions): Promise<PortMapping> {
    const { log } = this.#setup
    try {
      const mapping = await gateway.map(port, host, { externalPort: port, ...options })
      if (scopeOf(mapping.externalHost) !== 'public')
        this.#error = `The router stands behind a NAT itself: its outer address is ${mapping.externalHost}.`
      else if (this.#mapped.size < MAX_MAPPED) this.#mapped.set(keyOf(host, port), mapping)
      log.info({ port, outside: outside(mapping) }, 'the router forwards a port')
      this.changes.emit()
      return mapping
    } catch (error) {
      this.#error = `The router refuses to forward port ${port}: ${error instanceof Error ? error.message : String(error)}`
      log.warn({ err: error, port }, 'the router does not forward a port')
      throw error
    }
  }
}

const keyOf = (host: string, port: number): string => `${host} ${port}`

const outside = ({ externalHost, externalPort }: PortMapping): string =>
  externalHost.includes(':') ? `[${externalHost}]:${externalPort}` : `${externalHost}:${externalPort}`
