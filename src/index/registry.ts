import { stat } from 'node:fs/promises'
import { type Clock, every, type Timer } from '../base/clock.ts'
import { ShoalError } from '../base/errors.ts'
import type { Logger } from '../base/log.ts'
import { type Random, systemRandom } from '../base/random.ts'
import { isPeerId } from '../link/identity.ts'
import { Finder } from './finder.ts'
import { IndexStore } from './index-store.ts'
import { clampLimit, DEFAULT_INDEX_OPTIONS, INDEX_LIMITS, type IndexOptions } from './options.ts'
import { PeerTable } from './peer-table.ts'
import type { PublishBatch } from './publication.ts'
import { type PublishAck, Publisher, type WithdrawBatch } from './publish.ts'
import type {
  Asker,
  Caller,
  IndexHit,
  IndexPeer,
  IndexProvider,
  IndexQuery,
  IndexStats,
  LoginFacts,
  LoginResult,
  PageRequest,
} from './registry-types.ts'
import { Sessions } from './sessions.ts'
import { RateLimiter } from './token-bucket.ts'
import { Turns } from './turns.ts'

export interface RegistryContext {
  /** Database file; made when it is not there. */
  readonly path: string
  readonly clock: Clock
  readonly log: Logger
  readonly random?: Random
  readonly options?: Partial<IndexOptions>
}

/**
 * The index: who is online and who has what. It knows callers by their PeerId, which whoever calls it has proved. All state is in one
 * SQLite file and survives the death of the process; leases go on, so that a quick restart disturbs nobody.
 */
export class IndexRegistry {
  readonly options: IndexOptions
  readonly #store: IndexStore
  readonly #table: PeerTable
  readonly #sessions: Sessions
  readonly #publisher: Publisher
  readonly #finder: Finder
  readonly #turns = new Turns()
  readonly #searchRate: RateLimiter
  readonly #log: Logger
  readonly #flusher: Timer
  readonly #path: string
  readonly #requests = { login: 0, heartbeat: 0, publish: 0, withdraw: 0, search: 0, providers: 0, peers: 0 }
  #closing: Promise<void> | undefined

  private constructor(context: Required<RegistryContext>, options: IndexOptions) {
    const { path, clock, log, random } = context
    this.options = options
    this.#log = log
    this.#path = path
    this.#store = new IndexStore({ path, log, ...options })
    this.#table = new PeerTable(clock, options.heartbeatIntervalMs * options.missedHeartbeats)
    this.#sessions = new Sessions({
      store: this.#store,
      table: this.#table,
      turns: this.#turns,
      clock,
      log,
      options,
    })
    const { publishEntriesPerSecond, publishBurst, searchesPerSecond, searchBurst } = options
    this.#publisher = new Publisher({
      store: this.#store,
      table: this.#table,
      turns: this.#turns,
      rate: new RateLimiter(clock, { perSecond: publishEntriesPerSecond, burst: publishBurst }),
      clock,
      maxEntries: options.maxEntriesPerPeer,
      idleMs: options.publishIdleMs,
    })
    this.#finder = new Finder({ store: this.#store, table: this.#table, random })
    this.#searchRate = new RateLimiter(clock, { perSecond: searchesPerSecond, burst: searchBurst })
    this.#flusher = every(clock, options.flushIntervalMs, () => this.#sessions.flush())
  }

  /** Opens or makes the index. Errors as openDatabase; a damaged file is set aside and peers publish again. */
  static async open(context: RegistryContext): Promise<IndexRegistry> {
    const options = { ...DEFAULT_INDEX_OPTIONS, ...context.options }
    const registry = new IndexRegistry(
      { ...context, random: context.random ?? systemRandom, options },
      options,
    )
    await registry.#sessions.restore()
    return registry
  }

  /**
   * Starts or renews the caller's session. Its entries of before are found again at once.
   *
   * @throws ShoalError INVALID_ARGUMENT for facts that are not valid; RATE_LIMITED; BUSY when the server is full
   */
  login(caller: Caller, facts: LoginFacts): Promise<LoginResult> {
    this.#requests.login++
    return this.#sessions.login(caller, facts)
  }

  /** Like {@link login}, for a caller that has no certificate to show with each call: gives a token that stands for the session. */
  loginWithToken(caller: Caller, facts: LoginFacts): Promise<LoginResult & { token: string }> {
    this.#requests.login++
    return this.#sessions.loginWithToken(caller, facts)
  }

  /** The PeerId whose session the token stands for. @throws ShoalError UNAUTHENTICATED */
  authenticate(token: string): string {
    return this.#sessions.authenticate(token)
  }

  /** A sign of life. @throws ShoalError NOT_FOUND without a session */
  heartbeat(peerId: string): { leaseMs: number; peers: number } {
    this.#requests.heartbeat++
    return this.#sessions.heartbeat(peerId)
  }

  /** Ends the session, if there is one; nothing of the peer is found from here on. */
  logout(peerId: string): Promise<void> {
    return this.#sessions.logout(peerId)
  }

  /** See {@link Publisher.publish}. */
  publish(
    peerId: string,
    batches: AsyncIterable<PublishBatch>,
    signal: AbortSignal,
  ): AsyncGenerator<PublishAck> {
    this.#requests.publish++
    return this.#publisher.publish(peerId, batches, signal)
  }

  /** See {@link Publisher.withdraw}. */
  withdraw(
    peerId: string,
    batches: AsyncIterable<WithdrawBatch>,
    signal: AbortSignal,
  ): AsyncGenerator<number> {
    this.#requests.withdraw++
    return this.#publisher.withdraw(peerId, batches, signal)
  }

  /**
   * Searches what peers online have, merged by CID.
   *
   * @throws ShoalError INVALID_ARGUMENT when nothing is asked for; RATE_LIMITED; otherwise as {@link Finder.find}
   */
  async search(query: IndexQuery, asker: Asker, signal?: AbortSignal): Promise<IndexHit[]> {
    if (!query.words?.trim() && query.sha256 === undefined && query.cid === undefined) {
      throw new ShoalError('INVALID_ARGUMENT', 'Search for words, a SHA-256 or a CID.')
    }
    return (await this.list(query, asker, signal)).hits
  }

  /** Like {@link search}, in pages, and of everything when nothing is asked for. A page may be short; the last has no cursor. */
  async list(
    query: IndexQuery & PageRequest,
    asker: Asker,
    signal?: AbortSignal,
  ): Promise<{ hits: IndexHit[]; cursor: string }> {
    this.#requests.search++
    this.#limit(asker)
    return this.#finder.find(query, asker, signal)
  }

  /** Peers online that have a CID, in random order; `limit` 0 or left out: 50, clamped at 200. Errors as {@link search}. */
  async providers(
    query: { cid: string; limit?: number },
    asker: Asker,
    signal?: AbortSignal,
  ): Promise<IndexProvider[]> {
    this.#requests.providers++
    this.#limit(asker)
    return this.#finder.providers(query, asker, signal)
  }

  /** Peers online by PeerId, in pages. @throws ShoalError INVALID_ARGUMENT for a cursor that is none; RATE_LIMITED */
  peers({ limit, cursor }: PageRequest, asker: Asker): { peers: IndexPeer[]; cursor: string } {
    this.#requests.peers++
    this.#limit(asker)
    if (cursor && !isPeerId(cursor))
      throw new ShoalError('INVALID_ARGUMENT', 'This is not a cursor of this server.')
    this.#sessions.expire()
    const size = clampLimit(limit, INDEX_LIMITS.peersDefault, INDEX_LIMITS.peersMax)
    const page = this.#table.page(cursor || undefined, size + 1)
    const more = page.length > size
    const peers = page.slice(0, size)
    return {
      peers: peers.map((peer) => this.#describe(peer.peerId, asker)!),
      cursor: more ? peers.at(-1)!.peerId : '',
    }
  }

  /** One peer that is online. @throws ShoalError NOT_FOUND; RATE_LIMITED */
  peer(peerId: string, asker: Asker): IndexPeer {
    this.#requests.peers++
    this.#limit(asker)
    const peer = this.#describe(peerId, asker)
    if (!peer) throw new ShoalError('NOT_FOUND', 'This peer is not online.')
    return peer
  }

  stats(): IndexStats {
    this.#sessions.expire()
    const { online, entriesOnline } = this.#table.counts
    return { peers: online, entries: entriesOnline }
  }

  /** Requests since the start, by kind, refused ones too. */
  get requests(): Readonly<Record<string, number>> {
    return { ...this.#requests }
  }

  /** Requests that were refused because they came too fast. */
  get refused(): { readonly search: number; readonly login: number } {
    return { search: this.#searchRate.refused, login: this.#sessions.refused }
  }

  /** How much there is to do now. */
  load() {
    return {
      ...this.#table.counts,
      publications: this.#turns.running,
      waitingSearches: this.#store.waitingSearches,
      pendingWrites: this.#store.writer.pending,
    }
  }

  /** Size of the database and its journal on the disk. */
  async databaseBytes(): Promise<number> {
    const sizes = await Promise.all(
      [this.#path, `${this.#path}-wal`].map(
        async (path) => (await stat(path).catch(() => undefined))?.size ?? 0,
      ),
    )
    return sizes.reduce((sum, size) => sum + size, 0)
  }

  /** Ends all work and closes the database. Sessions go on at the next start as far as their leases last. May be called twice. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    this.#flusher.cancel()
    await this.#sessions.stop()
    await this.#store.close()
    this.#log.info('index closed')
  }

  /** A snapshot for people who look for a fault. */
  async getDebugState(): Promise<Record<string, unknown>> {
    return {
      ...this.load(),
      shelvesToClear: await this.#store.writer.call('backlog'),
      searchCallers: this.#searchRate.size,
    }
  }

  #describe(peerId: string, asker: Asker): IndexPeer | undefined {
    const record = this.#table.getOnline(peerId)
    if (!record) return undefined
    const { lastSeenMs, shelf } = record
    return { peer: this.#finder.describe(record, asker), lastSeenMs, entries: shelf.entries }
  }

  #limit({ key }: Asker): void {
    if (!this.#searchRate.tryTake(key)) throw new ShoalError('RATE_LIMITED')
  }
}
