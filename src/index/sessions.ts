import { createHash } from 'node:crypto'
import type { Clock, Timer } from '../base/clock.ts'
import { ShoalError } from '../base/errors.ts'
import type { Logger } from '../base/log.ts'
import { systemRandom } from '../base/random.ts'
import { plainHost } from '../link/address.ts'
import { isLoopback, peerAddresses } from './addresses.ts'
import type { IndexStore } from './index-store.ts'
import { INDEX_LIMITS, type IndexOptions } from './options.ts'
import type { PeerRecord, PeerTable } from './peer-table.ts'
import type { Caller, LoginFacts, LoginResult } from './registry-types.ts'
import { RateLimiter } from './token-bucket.ts'
import type { Turns } from './turns.ts'
import { checkLabel } from './validate.ts'

/** Peers forgotten in one go. */
const PRUNE_SLICE = 100

export interface SessionsContext {
  readonly store: IndexStore
  readonly table: PeerTable
  readonly turns: Turns
  readonly clock: Clock
  readonly log: Logger
  readonly options: IndexOptions
}

/** Logins, signs of life and what follows when they stop. */
export class Sessions {
  readonly #context: SessionsContext
  readonly #rate: RateLimiter
  readonly #creating = new Map<string, Promise<PeerRecord>>()
  #timer: Timer | undefined
  #stopped = false

  constructor(context: SessionsContext) {
    this.#context = context
    const { loginsPerSecond, loginBurst } = context.options
    this.#rate = new RateLimiter(context.clock, { perSecond: loginsPerSecond, burst: loginBurst })
  }

  /** Logins that came too fast. */
  get refused(): number {
    return this.#rate.refused
  }

  /** Reads all peers from the database; sessions whose lease lasts go on, and what a crash left is cleared away. */
  async restore(): Promise<void> {
    const { store, table, log } = this.#context
    for (const stored of await store.writer.call('peers')) table.restore(stored)
    table.takeUnsaved()
    await store.setLive({ add: [...table.online()].map((peer) => peer.shelf.id) })
    await store.writer.call('collect', await store.writer.call('garbage'))
    this.#arm()
    log.info(table.counts, 'index opened')
  }

  async login(caller: Caller, facts: LoginFacts): Promise<LoginResult> {
    return this.#start(caller, facts, this.#context.table.getOnline(caller.peerId)?.tokenHash)
  }

  async loginWithToken(caller: Caller, facts: LoginFacts): Promise<LoginResult & { token: string }> {
    const token = Buffer.from(systemRandom.bytes(32)).toString('base64url')
    return { ...(await this.#start(caller, facts, hashToken(token))), token }
  }

  authenticate(token: string): string {
    const peer = this.#context.table.onlineByToken(hashToken(token))
    if (!peer) throw new ShoalError('UNAUTHENTICATED', 'The token stands for no session. Log in again.')
    return peer.peerId
  }

  heartbeat(peerId: string): { leaseMs: number; peers: number } {
    const { table } = this.#context
    const peer = table.getOnline(peerId)
    if (!peer) throw new ShoalError('NOT_FOUND', 'There is no session. Log in again.')
    table.renew(peer)
    return { leaseMs: this.#leaseMs, peers: table.counts.online }
  }

  async logout(peerId: string): Promise<void> {
    const { store, table } = this.#context
    const peer = table.getOnline(peerId)
    if (!peer) return
    table.logout(peer)
    this.#hide([peer])
    await store.writer.call('savePeers', [table.toUpdate(peer)])
  }

  /** Ends the sessions whose lease is over. Answers do not name their peers even before this is called. */
  expire(): void {
    const expired = this.#context.table.expire()
    if (expired.length === 0) return
    this.#hide(expired)
    this.#context.log.debug({ peers: expired.length }, 'sessions expired')
  }

  /** Writes sessions that changed, and forgets peers that have been gone for longer than the retention time. */
  async flush(): Promise<void> {
    const { store, table, clock, log, options } = this.#context
    try {
      const updates = table.takeUnsaved()
      if (updates.length > 0) await store.writer.call('savePeers', updates)
      const gone = table.goneBefore(clock.now() - options.retentionMs)
      await this.#forget(gone.slice(0, PRUNE_SLICE))
    } catch (err) {
      log.error({ err }, 'sessions could not be written')
    }
  }

  async stop(): Promise<void> {
    this.#stopped = true
    this.#timer?.cancel()
    for (const peer of this.#context.table.online()) {
      this.#context.turns.stop(peer.peerId, 'The index server stops.')
    }
    await this.flush()
  }

  async #start(caller: Caller, facts: LoginFacts, tokenHash: Uint8Array | undefined): Promise<LoginResult> {
    const { store, table, options } = this.#context
    const { name, version } = facts
    const observedHost = plainHost(caller.host)
    checkLabel(name, 'name', INDEX_LIMITS.nameCharacters)
    checkLabel(version, 'version', INDEX_LIMITS.versionCharacters)
    const addresses = peerAddresses({ given: facts.addresses, observedHost, grpcPort: facts.grpcPort })
    if (!this.#rate.tryTake(caller.peerId))
      throw new ShoalError('RATE_LIMITED', 'Too many logins. Slow down.')
    this.#checkHost(caller.peerId, observedHost)
    const peer = table.get(caller.peerId) ?? (await this.#create(caller.peerId))
    table.login(peer, { name, version, addresses, observedHost, tokenHash })
    this.#report(store.setLive({ add: [peer.shelf.id] }))
    this.#arm()
    await store.writer.call('savePeers', [table.toUpdate(peer)])
    const { heartbeatIntervalMs } = options
    return { heartbeatIntervalMs, leaseMs: this.#leaseMs, revision: peer.shelf.revision, observedHost }
  }

  /** Logins of the same new peer at the same time make one record. */
  #create(peerId: string): Promise<PeerRecord> {
    const running = this.#creating.get(peerId)
    if (running) return running
    const creating = this.#makeRoomAndAdd(peerId).finally(() => this.#creating.delete(peerId))
    this.#creating.set(peerId, creating)
    return creating
  }

  async #makeRoomAndAdd(peerId: string): Promise<PeerRecord> {
    const { store, table, options } = this.#context
    if (table.counts.known + this.#creating.size >= options.maxPeers) {
      const oldest = table.goneBefore(Number.POSITIVE_INFINITY).slice(0, 1)
      if (oldest.length === 0)
        throw new ShoalError('BUSY', 'The index server has as many peers as it can take.')
      await this.#forget(oldest)
    }
    const added = await store.writer.call('addPeer', peerId)
    const nobody = { name: '', version: '', addresses: [], observedHost: '', tokenHash: undefined }
    return table.restore({
      ...added,
      ...nobody,
      peerId,
      lastSeenMs: this.#context.clock.now(),
      leaseEndMs: 0,
    })
  }

  async #forget(peers: readonly PeerRecord[]): Promise<void> {
    if (peers.length === 0) return
    const { store, table, log } = this.#context
    for (const peer of peers) table.forget(peer)
    await store.writer.call(
      'dropPeers',
      peers.map((peer) => peer.id),
    )
    await store.writer.call(
      'collect',
      peers.map((peer) => peer.shelf.id),
    )
    log.info({ peers: peers.length }, 'peers forgotten')
  }

  #checkHost(peerId: string, host: string): void {
    const { table, options } = this.#context
    if (host === '' || isLoopback(host)) return
    const present = table.getOnline(peerId)?.observedHost === host
    if (!present && table.onlineOnHost(host) >= options.maxPeersPerHost) {
      throw new ShoalError('BUSY', 'Too many peers are online from this address.')
    }
  }

  #hide(peers: readonly PeerRecord[]): void {
    for (const peer of peers) this.#context.turns.stop(peer.peerId, 'The session has ended.')
    this.#report(this.#context.store.setLive({ remove: peers.map((peer) => peer.shelf.id) }))
  }

  /** The order of messages makes such a change count for all later searches; a failure means that the thread is gone. */
  #report(done: Promise<void>): void {
    done.catch((err) => this.#context.log.error({ err }, 'a search thread did not take a change'))
  }

  /** Wakes when the next lease ends. */
  #arm(): void {
    this.#timer?.cancel()
    const next = this.#context.table.nextExpiryMs()
    if (next === undefined || this.#stopped) return
    const waitMs = Math.max(1, next - this.#context.clock.monotonic())
    this.#timer = this.#context.clock.schedule(() => {
      this.expire()
      this.#arm()
    }, waitMs)
  }

  get #leaseMs(): number {
    return this.#context.options.heartbeatIntervalMs * this.#context.options.missedHeartbeats
  }
}

const hashToken = (token: string): Uint8Array => createHash('sha256').update(token).digest()
