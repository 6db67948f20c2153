import type { Client } from '@grpc/grpc-js'
import { ShoalError, toShoalError } from '../base/errors.ts'
import { backoffMs, type Random } from '../base/random.ts'
import { abortable } from '../base/signals.ts'
import { type ApproachContext, approach } from './approach.ts'
import type { Connection } from './dial.ts'
import { RoadWatch } from './road-watch.ts'
import type { Road } from './roads.ts'

/** What a link is doing. */
type State =
  | { kind: 'idle' }
  | { kind: 'connecting'; attempt: Promise<Connection>; controller: AbortController; waiting: number }
  | { kind: 'ready'; connection: Connection }
  | { kind: 'failed'; error: ShoalError; addresses: string; untilMs: number }

/** A snapshot of one link. */
export interface LinkState {
  /** Expected or, when none was, proved PeerId. */
  peerId: string | undefined
  /** HOST:PORT or multiaddr of the connection; undefined while there is none. */
  address: string | undefined
  /** How the peer is reached; undefined while it is not. */
  road: Road | undefined
  state: State['kind']
  /** Calls that use the connection. */
  calls: number
  /** Failed attempts since the last connection. */
  failures: number
  /** Why the last attempt failed, while state is `failed`. */
  error: { code: string; message: string } | undefined
}

/** What a link needs beside what dialling needs. */
export interface LinkContext extends ApproachContext {
  random: Random
  /** Told when a link has got a connection, the first or a better one. */
  onRoad(peerId: string, road: Road): void
}

/** The use of a connection by one call; released exactly once. */
export interface Lease {
  readonly client: Client
  release(): void
}

/**
 * The way to one peer: at most one connection, made when a call needs it and given up when none has for a
 * while.
 */
export class Link {
  readonly expectedPeerId: string | undefined
  readonly #context: LinkContext
  #state: State = { kind: 'idle' }
  #calls = 0
  #failures = 0
  #provedPeerId: string | undefined
  /** As told by the latest call. */
  #addresses: readonly string[] = []
  readonly #roads: RoadWatch
  /** Steady clock, ms. */
  lastUsedMs: number

  constructor(expectedPeerId: string | undefined, context: LinkContext) {
    this.expectedPeerId = expectedPeerId
    this.#context = context
    this.lastUsedMs = context.clock.monotonic()
    this.#roads = new RoadWatch(context, {
      goal: () => ({ peerId: this.expectedPeerId, addresses: this.#addresses }),
      current: () => (this.#state.kind === 'ready' ? this.#state.connection : undefined),
      replace: (better) => this.#onReady(better),
    })
  }

  get remotePeerId(): string | undefined {
    return this.expectedPeerId ?? this.#provedPeerId
  }

  get remoteAddress(): string | undefined {
    return this.#state.kind === 'ready' ? this.#state.connection.address : undefined
  }

  get road(): Road | undefined {
    return this.#state.kind === 'ready' ? this.#state.connection.road : undefined
  }

  /** There may be a better road now. */
  lookForRoad(): void {
    this.#roads.look()
  }

  /** True while nothing would be lost by closing it. */
  get unused(): boolean {
    return this.#calls === 0 && this.#state.kind !== 'connecting'
  }

  /**
   * * A connection for one call: the present one, or one that is made now, together with everybody else who
   * waits for it. Throws what {@link dial} throws, and at once while an earlier failure is waited out.
   */
  async acquire(addresses: readonly string[], signal: AbortSignal): Promise<Lease> {
    signal.throwIfAborted()
    this.#calls++
    this.#learn(addresses)
    try {
      const { client } = await this.#connected(addresses, signal)
      return { client, release: () => this.#leave() }
    } catch (error) {
      this.#leave()
      throw error
    }
  }

  /** -> idle. Calls that run may finish. Resolves when the socket is closed. */
  async close(): Promise<void> {
    const state = this.#state
    this.#state = { kind: 'idle' }
    this.#roads.stop()
    if (state.kind === 'ready') await state.connection.close()
    if (state.kind !== 'connecting') return
    state.controller.abort(new ShoalError('CANCELLED', 'The link was closed.'))
    await state.attempt.then((late) => late.close()).catch(() => {})
  }

  snapshot(): LinkState {
    const state = this.#state
    return {
      peerId: this.remotePeerId,
      address: this.remoteAddress,
      road: this.road,
      state: state.kind,
      calls: this.#calls,
      failures: this.#failures,
      error: state.kind === 'failed' ? { code: state.error.code, message: state.error.message } : undefined,
    }
  }

  async #connected(addresses: readonly string[], signal: AbortSignal): Promise<Connection> {
    const state = this.#state
    if (state.kind === 'ready') return state.connection
    if (state.kind === 'failed' && state.addresses === addresses.join() && this.#tooEarly(state.untilMs))
      throw new ShoalError(state.error.code, state.error.message, {
        cause: state.error,
        details: { ...state.error.details },
      })
    const connecting = state.kind === 'connecting' ? state : this.#start(addresses)
    connecting.waiting++
    try {
      return await abortable(connecting.attempt, signal)
    } finally {
      connecting.waiting--
      if (connecting.waiting === 0 && this.#state === connecting) this.#giveUp(connecting)
    }
  }

  /** What a caller knows of the peer's addresses; one that was not known may be a better road. */
  #learn(addresses: readonly string[]): void {
    const isNews = addresses.some((address) => !this.#addresses.includes(address))
    this.#addresses = addresses
    if (isNews && this.#state.kind === 'ready') this.#roads.look()
  }

  #tooEarly(untilMs: number): boolean {
    return this.#context.clock.monotonic() < untilMs
  }

  /** idle, failed -> connecting */
  #start(addresses: readonly string[]): Extract<State, { kind: 'connecting' }> {
    const controller = new AbortController()
    const goal = { peerId: this.expectedPeerId, addresses }
    const attempt = approach(goal, controller.signal, this.#context)
    const state: State = { kind: 'connecting', attempt, controller, waiting: 0 }
    this.#state = state
    attempt.then(
      (connection) => (this.#state === state ? this.#onReady(connection) : void connection.close()),
      (error) => this.#state === state && this.#onFailed(error, addresses),
    )
    return state
  }

  /** connecting, ready by a worse road -> ready, and later -> idle when the connection is lost. */
  #onReady(connection: Connection): void {
    const before = this.#state
    const ready: State = { kind: 'ready', connection }
    this.#state = ready
    this.#failures = 0
    this.#provedPeerId = connection.peerId
    connection.lost.then(() => {
      if (this.#state !== ready) return
      this.#state = { kind: 'idle' }
      this.#roads.stop()
    })
    // Calls that run on the worse road may finish there.
    if (before.kind === 'ready') void before.connection.close()
    this.#roads.watch()
    this.#context.onRoad(connection.peerId, connection.road)
  }

  /** connecting -> idle: nobody waits for it any more. */
  #giveUp(connecting: Extract<State, { kind: 'connecting' }>): void {
    this.#state = { kind: 'idle' }
    connecting.controller.abort(new ShoalError('CANCELLED'))
  }

  /** connecting -> failed */
  #onFailed(error: unknown, addresses: readonly string[]): void {
    const { clock, random, options } = this.#context
    const untilMs = clock.monotonic() + backoffMs(random, this.#failures++, options.backoff)
    this.#state = {
      kind: 'failed',
      error: toShoalError(error, 'UNAVAILABLE'),
      addresses: addresses.join(),
      untilMs,
    }
  }

  #leave(): void {
    this.#calls--
    this.lastUsedMs = this.#context.clock.monotonic()
  }
}
