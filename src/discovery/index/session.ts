import type { Clock } from '../../base/clock.ts'
import { sleep } from '../../base/clock.ts'
import { ShoalError, toShoalError } from '../../base/errors.ts'
import { Emitter } from '../../base/events.ts'
import type { Logger } from '../../base/log.ts'
import { backoffMs, type Random } from '../../base/random.ts'
import { abortable, linkSignals, withDeadline } from '../../base/signals.ts'
import type { EntryKey, SharedEntry } from '../../content/entry.ts'
import { IndexService } from '../../contract/gen/shoal/v1/index_pb.ts'
import type { Client } from '../../link/rpc.ts'
import type { EntrySource } from '../locator.ts'
import { reasonOf } from '../reason.ts'
import { waitFor } from '../wait-for.ts'
import type { IndexAddress } from './address.ts'
import { logIn, type SelfInfo } from './login.ts'
import type { IndexLocatorOptions } from './options.ts'
import { listPeers, type SeenPeer } from './peers.ts'
import { resolveIndex } from './resolve.ts'
import {
  INITIAL_SESSION,
  nextSessionState,
  type SessionEvent,
  type SessionState,
  type SessionTerms,
} from './session-state.ts'
import { IndexSync } from './sync.ts'

export type IndexClient = Client<typeof IndexService>

/** What makes clients: a link pool. */
export interface IndexLinks {
  connect(service: typeof IndexService, peer: { peerId?: string; addresses: readonly string[] }): IndexClient
}

export interface IndexSessionSetup {
  readonly server: IndexAddress
  readonly links: IndexLinks
  readonly self: () => SelfInfo
  readonly source: EntrySource
  readonly clock: Clock
  readonly random: Random
  readonly log: Logger
  readonly options: IndexLocatorOptions
  readonly onPeers: (peers: readonly SeenPeer[]) => void
  /** Told at each login where the server's libp2p host is: a relay. */
  readonly onServer?: ((peerId: string, multiaddrs: readonly string[]) => void) | undefined
}

/**
 * The session with one index server: connects, logs in, tells what the server lacks, sends heartbeats, and starts over when any of it
 * fails. The states and their moves are in {@link nextSessionState}.
 */
export class IndexSession {
  readonly label: string
  readonly #setup: IndexSessionSetup
  readonly #log: Logger
  readonly #sync: IndexSync
  readonly #changes = new Emitter<SessionState>()
  readonly #life = linkSignals()
  #state: SessionState = INITIAL_SESSION
  #client: IndexClient | undefined
  #running: Promise<void> | undefined

  constructor(setup: IndexSessionSetup) {
    this.#setup = setup
    this.label = setup.server.label
    this.#log = setup.log.child({ index: this.label })
    this.#sync = new IndexSync({ ...setup, log: this.#log })
  }

  get state(): SessionState {
    return this.#state
  }

  /** Begins; once. */
  start(): void {
    this.#running ??= this.#run(this.#life.signal)
  }

  announce(entries: readonly SharedEntry[]): void {
    this.#sync.announce(entries)
  }

  withdraw(keys: readonly EntryKey[]): void {
    this.#sync.withdraw(keys)
  }

  /**
   * Resolves when the server has been told everything, or after `timeoutMs`; with `whileOnline` also when the session ends. Rejects
   * with the signal's reason.
   */
  async told(timeoutMs: number, signal?: AbortSignal, whileOnline = false): Promise<void> {
    const isTold = () => this.#state.kind === 'online' && this.#sync.isIdle
    const isOver = () =>
      this.#state.kind === 'stopped' ||
      (whileOnline && this.#state.kind !== 'online' && this.#state.kind !== 'syncing')
    if (isTold() || isOver()) return
    await waitFor(this.#changes, () => isTold() || isOver(), { clock: this.#setup.clock, timeoutMs, signal })
  }

  /**
   * The server's client, for a search: at once when there is a link, after a short wait when one is being made. Throws UNAVAILABLE
   * with the reason when there is none.
   */
  async link(signal: AbortSignal): Promise<IndexClient> {
    const { clock, options } = this.#setup
    if (isJoining(this.#state)) {
      const isDecided = (state: SessionState) => !isJoining(state)
      await waitFor(this.#changes, isDecided, { clock, timeoutMs: options.joinWaitMs, signal })
    }
    const isLoggedIn = this.#state.kind === 'online' || this.#state.kind === 'syncing'
    if (this.#client && (isLoggedIn || this.#client.remoteAddress() !== undefined)) return this.#client
    const problem = this.#state.kind === 'disconnected' ? this.#state.problem : undefined
    throw new ShoalError('UNAVAILABLE', problem ?? 'not connected yet')
  }

  /** Ends all work and says goodbye to a server that knows this node; never rejects. */
  async stop(): Promise<void> {
    if (this.#state.kind === 'stopped') return
    const wasKnown = this.#state.kind === 'online' || this.#state.kind === 'syncing'
    const wasJoining = this.#state.kind === 'loggingIn'
    this.#move({ type: 'stop' })
    this.#life.abort()
    await this.#running
    if (this.#client && (wasKnown || (wasJoining && this.#client.remoteAddress() !== undefined))) {
      await this.#logOut(this.#client)
    }
  }

  getDebugState(): Record<string, unknown> {
    return {
      ...this.#state,
      peerId: this.#client?.remotePeerId() ?? null,
      address: this.#client?.remoteAddress() ?? null,
      ...this.#sync.getDebugState(),
    }
  }

  async #run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        const client = this.#state.kind === 'loggingIn' ? this.#client! : await this.#dial(signal)
        const terms = await this.#logIn(client, signal)
        await this.#serve(client, terms, signal)
      } catch (error) {
        if (signal.aborted) return
        await this.#recover(error, signal)
      }
    }
  }

  /** disconnected -> connecting -> loggingIn */
  async #dial(signal: AbortSignal): Promise<IndexClient> {
    const { server, links, clock, options } = this.#setup
    this.#move({ type: 'dial' })
    using deadline = withDeadline(clock, options.callTimeoutMs, signal)
    const { peerId, address } = await resolveIndex(server, deadline.signal)
    const client = links.connect(IndexService, { ...(peerId && { peerId }), addresses: [address] })
    this.#client = client
    this.#move({ type: 'linked' })
    return client
  }

  /** loggingIn -> syncing */
  async #logIn(client: IndexClient, signal: AbortSignal): Promise<SessionTerms> {
    const { self, options } = this.#setup
    const call = { signal, timeoutMs: options.callTimeoutMs }
    const { terms, revision, multiaddrs } = await logIn(client, self(), call)
    const peerId = client.remotePeerId()
    if (peerId !== undefined && multiaddrs.length > 0) this.#setup.onServer?.(peerId, multiaddrs)
    this.#sync.loggedIn(revision)
    this.#move({ type: 'loggedIn', terms })
    return terms
  }

  /** syncing <-> online, until something fails; then throws. */
  async #serve(client: IndexClient, terms: SessionTerms, parent: AbortSignal): Promise<never> {
    using life = linkSignals(parent)
    const onBusy = () => this.#move({ type: 'changed' })
    const onIdle = () => this.#move({ type: 'synced' })
    const work = [
      this.#beat(client, terms, life.signal),
      this.#sync.run(client, life.signal, { onBusy, onIdle }),
      this.#watchPeers(client, life.signal),
    ]
    try {
      return await Promise.race(work)
    } finally {
      life.abort()
      await Promise.allSettled(work)
    }
  }

  async #beat(client: IndexClient, terms: SessionTerms, signal: AbortSignal): Promise<never> {
    const { self, clock, options } = this.#setup
    const call = { signal, timeoutMs: options.callTimeoutMs }
    let told = JSON.stringify(self())
    for (;;) {
      await sleep(clock, terms.heartbeatIntervalMs, signal)
      const now = JSON.stringify(self())
      if (now === told) await client.heartbeat({}, call)
      // Name or addresses have changed: a login renews the session and tells them.
      else await logIn(client, self(), call)
      told = now
      signal.throwIfAborted()
      this.#move({ type: 'alive' })
    }
  }

  async #watchPeers(client: IndexClient, signal: AbortSignal): Promise<never> {
    const { clock, options, onPeers } = this.#setup
    for (;;) {
      try {
        onPeers(await listPeers(client, { ...options, now: clock.now(), signal }))
      } catch (error) {
        signal.throwIfAborted()
        // If the server is gone, the heartbeat says so; if it only does not tell its peers, the session is as good without.
        this.#log.debug({ err: error }, 'index did not list its peers')
      }
      await sleep(clock, options.peersPollMs, signal)
    }
  }

  /** Any -> loggingIn when the server has forgotten a session that worked, disconnected and a wait otherwise. */
  async #recover(error: unknown, signal: AbortSignal): Promise<void> {
    const { clock, random, options } = this.#setup
    const { code } = toShoalError(error)
    const isForgotten = code === 'NOT_FOUND' || code === 'CONFLICT'
    if (isForgotten && this.#state.kind === 'online' && this.#state.attempt === 0) {
      this.#log.info('index has forgotten this node; logging in again')
      this.#move({ type: 'expired' })
      return
    }
    const problem = reasonOf(error)
    this.#move({ type: 'failed', problem })
    const attempt = this.#state.kind === 'disconnected' ? this.#state.attempt : 1
    if (attempt === 1) this.#log.warn({ problem, code }, 'index is not reachable')
    await sleep(clock, backoffMs(random, attempt - 1, options.retry), signal).catch(() => {})
  }

  async #logOut(client: IndexClient): Promise<void> {
    const { clock, options } = this.#setup
    using deadline = withDeadline(clock, options.logoutTimeoutMs)
    try {
      await abortable(client.logout({}, { signal: deadline.signal }), deadline.signal)
    } catch (error) {
      this.#log.debug({ err: error }, 'index did not take the goodbye')
    }
  }

  #move(event: SessionEvent): void {
    if (this.#state.kind === 'stopped') return
    const before = this.#state.kind
    this.#state = nextSessionState(this.#state, event)
    if (this.#state.kind !== before) this.#log.debug({ state: this.#state.kind }, 'index session')
    this.#changes.emit(this.#state)
  }
}

/** True while it is not decided yet whether the server can be reached. */
function isJoining(state: SessionState): boolean {
  const isFirst = 'attempt' in state && state.attempt === 0
  return (
    state.kind === 'connecting' || state.kind === 'loggingIn' || (state.kind === 'disconnected' && isFirst)
  )
}
