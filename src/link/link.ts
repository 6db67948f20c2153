import type { Client } from '@grpc/grpc-js'
import { ShoalError, toShoalError } from '../base/errors.ts'
import { backoffMs, type Random } from '../base/random.ts'
import { abortable } from '../base/signals.ts'
import { type HostPort, parseAddress } from './address.ts'
import { type Connection, type DialContext, dial } from './dial.ts'
import { race } from './race.ts'

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
  /** HOST:PORT of the connection; undefined while there is none. */
  address: string | undefined
  state: State['kind']
  /** Calls that use the connection. */
  calls: number
  /** Failed attempts since the last connection. */
  failures: number
  /** Why the last attempt failed, while state is `failed`. */
  error: { code: string; message: string } | undefined
}

/** What a link needs beside what dialling needs. */
export interface LinkContext extends DialContext {
  random: Random
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
  /** Steady clock, ms. */
  lastUsedMs: number

  constructor(expectedPeerId: string | undefined, context: LinkContext) {
    this.expectedPeerId = expectedPeerId
    this.#context = context
    this.lastUsedMs = context.clock.monotonic()
  }

  get remotePeerId(): string | undefined {
    return this.expectedPeerId ?? this.#provedPeerId
  }

  get remoteAddress(): string | undefined {
    return this.#state.kind === 'ready' ? this.#state.connection.address : undefined
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

  #tooEarly(untilMs: number): boolean {
    return this.#context.clock.monotonic() < untilMs
  }

  /** idle, failed -> connecting */
  #start(addresses: readonly string[]): Extract<State, { kind: 'connecting' }> {
    const controller = new AbortController()
    const attempt = this.#dialAny(addresses, controller.signal)
    const state: State = { kind: 'connecting', attempt, controller, waiting: 0 }
    this.#state = state
    attempt.then(
      (connection) => (this.#state === state ? this.#onReady(connection) : void connection.close()),
      (error) => this.#state === state && this.#onFailed(error, addresses),
    )
    return state
  }

  /** connecting -> ready, and later -> idle when the connection is lost. */
  #onReady(connection: Connection): void {
    const ready: State = { kind: 'ready', connection }
    this.#state = ready
    this.#failures = 0
    this.#provedPeerId = connection.peerId
    connection.lost.then(() => {
      if (this.#state === ready) this.#state = { kind: 'idle' }
    })
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

  #dialAny(addresses: readonly string[], signal: AbortSignal): Promise<Connection> {
    const { clock, options } = this.#context
    return race(
      usable(addresses, options.maxAddresses),
      (address, given) => dial(address, this.expectedPeerId, given, this.#context),
      (late) => void late.close(),
      { clock, nextAfterMs: options.nextAddressMs, signal },
    )
  }

  #leave(): void {
    this.#calls--
    this.lastUsedMs = this.#context.clock.monotonic()
  }
}

/** What can be dialled of the addresses a peer gave: those that make sense, each once, the first `max`. */
export function usable(addresses: readonly string[], max: number): HostPort[] {
  const good: HostPort[] = []
  const wrong: unknown[] = []
  for (const text of new Set(addresses)) {
    try {
      good.push(parseAddress(text))
    } catch (error) {
      wrong.push(error)
    }
    if (good.length === max) break
  }
  if (good.length === 0 && wrong.length > 0) throw wrong[0]
  return good
}
