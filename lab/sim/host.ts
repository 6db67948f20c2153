import type { DescService } from '@bufbuild/protobuf'
import type { Clock } from '../../src/base/clock.ts'
import { ShoalError } from '../../src/base/errors.ts'
import type { NeighbourStream, NeighbourTransport } from '../../src/discovery/membership/ports.ts'
import type { Client, Links, LinkTarget, ServiceImpl } from '../../src/link/rpc.ts'
import { simClient } from './calls.ts'
import type { Place } from './latency.ts'
import type { SimNetwork } from './network.ts'
import { openStream, type SimStream } from './stream.ts'

export type HostState =
  | 'alive'
  /** Its process was killed: connections break at once, new ones are refused. */
  | 'killed'
  /** The machine went silent: nothing comes back any more. */
  | 'silent'

type Handlers = Record<string, unknown>

/** One machine with one node. */
export class SimHost {
  readonly network: SimNetwork
  readonly peerId: string
  readonly ip: string
  /** HOST:PORT of its server. */
  readonly address: string
  readonly nat: boolean
  readonly place: Place
  readonly links: Links
  readonly transport: NeighbourTransport
  /** The host's own timers: none fires once it is gone. */
  readonly clock: Clock
  /** Messages that came in, of all kinds. */
  received = 0
  /** Messages that went out, of all kinds. */
  sent = 0
  readonly #services = new Map<string, Handlers>()
  readonly #streams = new Set<SimStream>()
  readonly #calls = new Set<(error: ShoalError) => void>()
  #state: HostState = 'alive'

  constructor({
    network,
    peerId,
    ip,
    nat,
    place,
  }: Pick<SimHost, 'network' | 'peerId' | 'ip' | 'nat' | 'place'>) {
    this.network = network
    this.peerId = peerId
    this.ip = ip
    this.address = `${ip}:9081`
    this.nat = nat
    this.place = place
    const { clock } = network
    this.clock = {
      now: () => clock.now(),
      monotonic: () => clock.monotonic(),
      schedule: (fn, ms) => clock.schedule(() => (this.isAlive ? fn() : undefined), ms),
    }
    this.links = {
      connect: <S extends DescService>(service: S, target: LinkTarget): Client<S> =>
        simClient(this, service, target),
    }
    this.transport = {
      open: (target, signal) => openStream(this, target, signal),
      onStream: (stream: NeighbourStream) => stream.close(),
    }
  }

  get state(): HostState {
    return this.#state
  }

  get isAlive(): boolean {
    return this.#state === 'alive'
  }

  /** Answers calls of `service` with `impl`. */
  serve<S extends DescService>(service: S, impl: Partial<ServiceImpl<S>>): void {
    this.#services.set(service.typeName, impl as Handlers)
  }

  handler(service: DescService, method: string): unknown {
    return this.#services.get(service.typeName)?.[method]
  }

  /** Ends the process as SIGKILL does, or with `silent` the whole machine. What it still does reaches nobody. */
  kill({ silent = false }: { silent?: boolean } = {}): void {
    if (!this.isAlive) return
    this.#state = silent ? 'silent' : 'killed'
    for (const stream of [...this.#streams]) stream.hostDied(silent)
    this.#streams.clear()
    if (!silent)
      for (const fail of [...this.#calls]) fail(new ShoalError('UNAVAILABLE', 'The connection was lost.'))
    this.#calls.clear()
  }

  /** Keeps what ends when the host does. */
  attach(stream: SimStream): () => void {
    this.#streams.add(stream)
    return () => void this.#streams.delete(stream)
  }

  /** `fail` is called when the host's process ends while a call of somebody else runs at it. */
  attachCall(fail: (error: ShoalError) => void): () => void {
    this.#calls.add(fail)
    return () => void this.#calls.delete(fail)
  }
}
