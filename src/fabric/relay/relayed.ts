import type { Stream } from '@libp2p/interface'
import type { Clock, Timer } from '../../base/clock.ts'
import type { Refusal } from './codes.ts'
import { Flow } from './flow.ts'
import type { RelayOptions } from './options.ts'
import type { DayQuotas } from './quotas.ts'
import type { RateShare } from './rate-share.ts'

/** Ends that have been told that no more comes have this long to say the same. */
const LINGER_MS = 5000

/** What the connections of a relay have in common. */
export interface RelayedShared {
  readonly clock: Clock
  readonly quotas: DayQuotas
  readonly rates: RateShare
  readonly options: () => Pick<RelayOptions, 'connectionBytes' | 'connectionMs'>
  /** Tells both ends; resolves when they know or will not listen. */
  readonly notify: (connection: Relayed, refusal: Refusal) => Promise<void>
  readonly onPassed: (bytes: number) => void
  /** Called once. `refusal` says which limit has ended it; undefined when an end did. */
  readonly onEnded: (connection: Relayed, refusal: Refusal | undefined) => void
}

export interface RelayedEnds {
  /** PeerIds. */
  readonly dialler: string
  readonly target: string
  readonly diallerStream: Stream
  readonly targetStream: Stream
}

/**
 * One relayed connection. Running -> over when both directions are; running -> ended by a limit, when nothing passes any more, then, after
 * both ends have been told, over.
 */
export class Relayed {
  readonly ends: RelayedEnds
  readonly startMs: number
  readonly #shared: RelayedShared
  readonly #there: Flow
  readonly #back: Flow
  readonly #timer: Timer
  readonly #peers: readonly string[]
  #bytes = 0
  #flowing = 2
  #state: 'running' | 'limited' | 'over' = 'running'

  constructor(ends: RelayedEnds, shared: RelayedShared) {
    const { dialler, target, diallerStream, targetStream } = ends
    this.ends = ends
    this.#shared = shared
    this.#peers = [dialler, target]
    this.startMs = shared.clock.monotonic()
    this.#there = this.#flow(diallerStream, targetStream)
    this.#back = this.#flow(targetStream, diallerStream)
    const { connectionMs } = shared.options()
    this.#timer = shared.clock.schedule(
      () => void this.end({ code: 'CONNECTION_TIME', limit: connectionMs, retryAfterMs: 0 }),
      connectionMs,
    )
  }

  start(): void {
    this.#there.start()
    this.#back.start()
  }

  get bytes(): number {
    return this.#bytes
  }

  get waitingBytes(): number {
    return this.#there.waitingBytes + this.#back.waitingBytes
  }

  /** Passes nothing more, tells both ends why, then breaks off. */
  async end(refusal: Refusal): Promise<void> {
    if (this.#state !== 'running') return
    this.#state = 'limited'
    this.#timer.cancel()
    this.#there.stop()
    this.#back.stop()
    await this.#shared.notify(this, refusal)
    this.#breakOff(new Error(`the relay ended the connection: ${refusal.code}`))
    this.#over(refusal)
  }

  #flow(from: Stream, to: Stream): Flow {
    const { rates } = this.#shared
    const [dialler, target] = this.#peers as [string, string]
    const flow: Flow = new Flow({
      from,
      to,
      ticket: rates.join(dialler, target, () => flow.pump()),
      allow: (wanted) => this.#allow(wanted),
      onPassed: (bytes) => this.#passed(bytes),
      onEnd: () => this.#directionOver(),
      onBroken: (error) => this.#broken(error),
    })
    return flow
  }

  #allow(wanted: number): number {
    const { connectionBytes } = this.#shared.options()
    const allowed = Math.min(
      wanted,
      connectionBytes - this.#bytes,
      this.#shared.quotas.remaining(this.#peers),
    )
    if (allowed > 0) return allowed
    const used: Refusal = { code: 'CONNECTION_BYTES', limit: connectionBytes, retryAfterMs: 0 }
    void this.end(this.#bytes >= connectionBytes ? used : (this.#shared.quotas.refusal(this.#peers) ?? used))
    return 0
  }

  #passed(bytes: number): void {
    this.#bytes += bytes
    this.#shared.quotas.add(bytes, this.#peers)
    this.#shared.onPassed(bytes)
  }

  #directionOver(): void {
    this.#flowing--
    if (this.#flowing > 0 || this.#state !== 'running') return
    this.#over(undefined)
    const { diallerStream, targetStream } = this.ends
    if (diallerStream.status === 'open' || targetStream.status === 'open')
      this.#shared.clock.schedule(() => this.#breakOff(new Error('the other side has closed')), LINGER_MS)
  }

  #broken(error: Error): void {
    if (this.#state !== 'running') return
    this.#there.stop()
    this.#back.stop()
    this.#breakOff(error)
    this.#over(undefined)
  }

  #breakOff(error: Error): void {
    this.ends.diallerStream.abort(error)
    this.ends.targetStream.abort(error)
  }

  #over(refusal: Refusal | undefined): void {
    if (this.#state === 'over') return
    this.#state = 'over'
    this.#timer.cancel()
    this.#shared.onEnded(this, refusal)
  }
}
