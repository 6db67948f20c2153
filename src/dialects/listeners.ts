import { ShoalError, toShoalError } from '../base/errors.ts'
import type { Logger } from '../base/log.ts'
import { type DatagramListener, listenDatagrams } from './datagram-listener.ts'
import type { CallBacks, Dialect, DialectAddress, DialectName } from './dialect.ts'
import type { Fence } from './fence.ts'
import { type GrpcListener, listenGrpc } from './grpc-listener.ts'
import { listenRest, type RestListener } from './rest-listener.ts'
import { type DialectSpec, grpcPortOf, restPortOf } from './spec.ts'

/** A free port of TCP may be taken for UDP: then another one is tried, so often. */
const MAX_TRIES = 5

export interface ListenersSetup {
  /** IP address to listen on. */
  readonly host: string
  /** IP address that clients are told: not a wildcard. */
  readonly callableHost: string
  readonly allowedHosts: readonly string[]
  readonly calls: CallBacks
  readonly fence: Fence
  readonly log: Logger
}

export interface Spoken {
  readonly spec: DialectSpec
  readonly dialect: Dialect
}

/** The open ports of all dialects. */
export class DialectListeners {
  readonly #setup: ListenersSetup
  readonly #open: (RestListener | DatagramListener | GrpcListener)[] = []

  constructor(setup: ListenersSetup) {
    this.#setup = setup
  }

  /**
   * Listens for all of them; what is open is closed again when one port cannot be had.
   *
   * @throws ShoalError CONFLICT, PERMISSION_DENIED, INVALID_CONFIG (no address of this machine)
   */
  async open(spoken: readonly Spoken[]): Promise<Map<DialectName, DialectAddress>> {
    const { callableHost: host } = this.#setup
    const addresses = new Map<DialectName, DialectAddress>()
    try {
      for (const group of byRestPort(spoken)) {
        const port = await this.#listenRest(group)
        for (const { spec } of group) addresses.set(spec.name, { host, port })
      }
      for (const { spec, dialect } of spoken) {
        const wanted = grpcPortOf(spec)
        if (wanted === undefined || !dialect.grpc) continue
        const grpcPort = await this.#listenGrpc(dialect, wanted)
        const rest = addresses.get(spec.name)
        addresses.set(spec.name, rest ? { ...rest, grpcPort } : { host, port: grpcPort })
      }
      return addresses
    } catch (error) {
      await this.close()
      throw error
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.#open.splice(0).map((each) => each.close()))
  }

  async #listenRest(group: readonly Spoken[]): Promise<number> {
    const dialects = group.map(({ dialect }) => dialect)
    const wanted = group[0]!.spec.port
    const talker = dialects.find(({ datagram }) => datagram !== undefined)
    for (let tries = 1; ; tries++) {
      const rest = await this.#tried(wanted, 'TCP', () =>
        listenRest({ ...this.#setup, dialects, port: wanted }),
      )
      this.#open.push(rest)
      if (!talker) return rest.port
      try {
        this.#open.push(await listenDatagrams({ ...this.#setup, dialect: talker, port: rest.port }))
        return rest.port
      } catch (error) {
        if (wanted !== 0 || tries >= MAX_TRIES) throw this.#told(error, rest.port, 'UDP')
        this.#open.splice(this.#open.indexOf(rest), 1)
        await rest.close()
      }
    }
  }

  async #listenGrpc(dialect: Dialect, wanted: number): Promise<number> {
    const grpc = await this.#tried(wanted, 'TCP', () => listenGrpc({ ...this.#setup, dialect, port: wanted }))
    this.#open.push(grpc)
    return grpc.port
  }

  async #tried<T>(port: number, over: 'TCP' | 'UDP', listen: () => Promise<T>): Promise<T> {
    try {
      return await listen()
    } catch (error) {
      throw this.#told(error, port, over)
    }
  }

  #told(error: unknown, port: number, over: 'TCP' | 'UDP'): ShoalError {
    const { host } = this.#setup
    const text =
      error instanceof Error ? `${(error as NodeJS.ErrnoException).code ?? ''} ${error.message}` : ''
    const cause = { cause: error }
    if (text.includes('EADDRINUSE'))
      return new ShoalError(
        'CONFLICT',
        `Port ${port} (${over}) on ${host} is taken by another program, so no dialect can listen there. Give another one: --dialect NAME:PORT`,
        cause,
      )
    if (text.includes('EACCES'))
      return new ShoalError('PERMISSION_DENIED', `This user may not listen on port ${port}.`, cause)
    if (text.includes('EADDRNOTAVAIL'))
      return new ShoalError('INVALID_CONFIG', `dialectHost: ${host} is no address of this machine.`, cause)
    return toShoalError(error, 'IO')
  }
}

/** Those with REST calls, by the port that they share; a free one is shared by nobody. */
function byRestPort(spoken: readonly Spoken[]): Spoken[][] {
  const groups = new Map<string, Spoken[]>()
  for (const each of spoken) {
    const port = restPortOf(each.spec)
    if (port === undefined) continue
    const key = port === 0 ? each.spec.name : String(port)
    groups.set(key, [...(groups.get(key) ?? []), each])
  }
  return [...groups.values()]
}
