import type { Clock } from '../base/clock.ts'
import { ShoalError } from '../base/errors.ts'
import type { Logger } from '../base/log.ts'
import type { Random } from '../base/random.ts'
import { cidToBytes } from '../content/cid.ts'
import type { EntryKey, SharedEntry } from '../content/entry.ts'
import { queryToWire } from '../content/entry-wire.ts'
import { fanIn } from './fan-in.ts'
import { mergedHits, mergedProviders } from './hit-merge.ts'
import { parseIndexAddress } from './index/address.ts'
import { type AskContext, askForHits, askForProviders } from './index/ask.ts'
import type { SelfInfo } from './index/login.ts'
import {
  DEFAULT_INDEX_LOCATOR_OPTIONS,
  type IndexLocatorOptions,
  MAX_INDEX_SERVERS,
} from './index/options.ts'
import { type IndexLinks, IndexSession } from './index/session.ts'
import type { EntrySource, LocateContext, Locator, LocatorHit, Provider, SearchQuery } from './locator.ts'
import { reasonOf } from './reason.ts'

export type { SelfInfo } from './index/login.ts'
export { DEFAULT_INDEX_LOCATOR_OPTIONS, type IndexLocatorOptions } from './index/options.ts'
export type { IndexLinks } from './index/session.ts'

export interface IndexLocatorSetup {
  /** `HOST:PORT` (gRPC), `http://HOST:PORT` or `https://…` (REST), each may have `PEERID@` in front. */
  readonly servers: readonly string[]
  readonly pool: IndexLinks
  /** Read at each login and heartbeat: a change is told. */
  readonly self: () => SelfInfo
  readonly source: EntrySource
  readonly clock: Clock
  readonly random: Random
  readonly log: Logger
  /** Told of every peer that a server says is online, again and again. */
  readonly onPeer?: (peer: Provider, lastSeenMs: number) => void
  /** Told at each login where a server's libp2p host is: a relay. */
  readonly onServer?: (peerId: string, multiaddrs: readonly string[]) => void
  readonly options?: Partial<IndexLocatorOptions>
}

/** Finds things by asking index servers, and tells them what this node shares. */
export class IndexLocator implements Locator {
  readonly name = 'index'
  readonly #sessions: readonly IndexSession[]
  readonly #self: () => SelfInfo
  readonly #options: IndexLocatorOptions

  /** Throws INVALID_CONFIG for a server that cannot be read, or too many of them. */
  constructor({ servers, pool, onPeer, options, log, ...setup }: IndexLocatorSetup) {
    if (servers.length > MAX_INDEX_SERVERS) {
      throw new ShoalError('INVALID_CONFIG', `At most ${MAX_INDEX_SERVERS} index servers can be given.`)
    }
    this.#self = setup.self
    this.#options = { ...DEFAULT_INDEX_LOCATOR_OPTIONS, ...options }
    const addresses = new Map(servers.map(parseIndexAddress).map((server) => [server.label, server]))
    this.#sessions = [...addresses.values()].map(
      (server) =>
        new IndexSession({
          ...setup,
          server,
          links: pool,
          options: this.#options,
          log: log.child({ module: 'index-locator' }),
          onPeers: (peers) => {
            for (const { provider, lastSeenMs } of peers) {
              if (provider.peerId !== setup.self().peerId) onPeer?.(provider, lastSeenMs)
            }
          },
        }),
    )
  }

  start(): void {
    for (const session of this.#sessions) session.start()
  }

  /** Resolves when the servers that are online have the entries, or after a while; the rest is told in the background. */
  async announce(entries: readonly SharedEntry[], signal?: AbortSignal): Promise<void> {
    await this.#tell((session) => session.announce(entries), signal)
  }

  async withdraw(keys: readonly EntryKey[], signal?: AbortSignal): Promise<void> {
    await this.#tell((session) => session.withdraw(keys), signal)
  }

  /** Asks all servers side by side. One that fails is noted in `cost.problems`; UNAVAILABLE only when all do. */
  async *search(query: SearchQuery, context: LocateContext): AsyncGenerator<LocatorHit, void, undefined> {
    const wire = queryToWire(query)
    const asked = this.#askAll(context, (session, ask) => askForHits(session, { query, wire }, ask))
    yield* mergedHits(asked, this.name, query.limit)
  }

  /** Like {@link IndexLocator.search}. Each peer comes once, and again when another server adds an address. */
  async *providers(cid: string, context: LocateContext): AsyncGenerator<Provider, void, undefined> {
    const wire = cidToBytes(cid)
    yield* mergedProviders(this.#askAll(context, (session, ask) => askForProviders(session, wire, ask)))
  }

  /** Resolves when every server has been told everything, or after `timeoutMs`; rejects when `signal` aborts. */
  async settled(timeoutMs: number, signal?: AbortSignal): Promise<void> {
    await Promise.all(this.#sessions.map((session) => session.told(timeoutMs, signal)))
  }

  async stop(): Promise<void> {
    await Promise.all(this.#sessions.map((session) => session.stop()))
  }

  getDebugState(): Record<string, unknown> {
    return {
      servers: Object.fromEntries(this.#sessions.map((session) => [session.label, session.getDebugState()])),
    }
  }

  async #tell(note: (session: IndexSession) => void, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted()
    const online = this.#sessions.filter((session) => session.state.kind === 'online')
    for (const session of this.#sessions) note(session)
    await Promise.all(online.map((session) => session.told(this.#options.announceWaitMs, signal, true)))
  }

  async *#askAll<T>(
    { signal, cost }: LocateContext,
    ask: (session: IndexSession, context: AskContext) => AsyncIterable<T>,
  ): AsyncGenerator<T, void, undefined> {
    if (this.#sessions.length === 0) throw new ShoalError('UNAVAILABLE', 'No index server is given.')
    const self = this.#self().peerId
    const failures: string[] = []
    let isAnswered = false
    const sources = new Map(
      this.#sessions.map((session) => [
        session.label,
        (given: AbortSignal) => ask(session, { signal: given, cost, self }),
      ]),
    )
    for await (const event of fanIn(sources, signal)) {
      if (event.type === 'error') {
        const failure = `index ${event.source}: ${reasonOf(event.error)}`
        failures.push(failure)
        cost.problems.push(failure)
        continue
      }
      isAnswered = true
      if (event.type === 'item') yield event.item
    }
    if (isAnswered || signal.aborted) return
    throw new ShoalError('UNAVAILABLE', `No index server answered. ${failures.join('; ')}`)
  }
}
