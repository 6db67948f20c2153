import { systemClock } from '../../base/clock.ts'
import { ShoalError } from '../../base/errors.ts'
import { silentLogger } from '../../base/log.ts'
import type { PublishRequest, WithdrawRequest } from '../../contract/gen/shoal/v1/index_pb.ts'
import { IndexService } from '../../contract/gen/shoal/v1/index_pb.ts'
import { createIdentity, type Identity } from '../../link/identity.ts'
import type { ServiceImpl } from '../../link/rpc.ts'
import { LinkServer } from '../../link/server.ts'

type Impl = ServiceImpl<typeof IndexService>

/** An index server that does what a test says, and remembers what it was told. */
export class FakeIndex {
  readonly identity: Identity = createIdentity()
  readonly published: PublishRequest[] = []
  readonly withdrawn: WithdrawRequest[] = []
  /** Names of the calls, in their order, heartbeats and lists of peers left out. */
  readonly calls: string[] = []
  /** What the next login is told that this server holds. */
  revision = ''
  heartbeatIntervalMs = 50
  address = ''
  #server: LinkServer | undefined
  readonly #replaced: Partial<Impl>

  /** @param replaced methods that do something else than saying yes */
  constructor(replaced: Partial<Impl> = {}) {
    this.#replaced = replaced
  }

  async start(): Promise<this> {
    const port = Number(this.address.split(':')[1] ?? 0)
    const context = { identity: this.identity, log: silentLogger, clock: systemClock }
    this.#server = new LinkServer({ ...context, host: '127.0.0.1', port })
    this.#server.addService(IndexService, { ...this.#impl(), ...this.#replaced })
    const bound = await this.#server.start()
    this.address = `${bound.host}:${bound.port}`
    return this
  }

  async stop(): Promise<void> {
    await this.#server?.stop({ graceMs: 0 })
  }

  #impl(): Impl {
    const index = this
    return {
      login: ({ addresses }) => {
        index.calls.push(`login ${addresses.join()}`)
        const { heartbeatIntervalMs, revision } = index
        return { heartbeatIntervalMs, leaseMs: 15_000, revision, observedHost: '127.0.0.1' }
      },
      heartbeat: () => ({ leaseMs: 15_000 }),
      logout: () => {
        index.calls.push('logout')
        return {}
      },
      async *publish(requests) {
        index.calls.push('publish')
        for await (const request of requests) {
          index.published.push(request)
          yield { stored: request.entries.length }
        }
      },
      async *withdraw(requests) {
        index.calls.push('withdraw')
        for await (const request of requests) {
          index.withdrawn.push(request)
          yield { removed: request.keys.length }
        }
      },
      async *search() {},
      getProviders: () => ({}),
      listPeers: () => ({}),
    }
  }
}

/** A method that always fails so. */
export const failing = (code: 'NOT_FOUND' | 'CONFLICT' | 'BUSY' | 'RATE_LIMITED') => () => {
  throw new ShoalError(code)
}
