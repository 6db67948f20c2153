import type { Clock } from '../base/clock.ts'
import { ShoalError, toShoalError } from '../base/errors.ts'
import { RateMeter } from '../base/rate-meter.ts'
import { linkSignals } from '../base/signals.ts'
import { BLOCK_SIZE, cidToBytes } from '../content/cid.ts'
import type { GetBlocksResponse, Opened } from '../contract/gen/shoal/v1/peer_pb.ts'
import { isBetterRoad, type Road } from '../link/roads.ts'
import { Bitmap } from './bitmap.ts'
import { BlockReceiver, type ReceivedBlock, type ReceiverSetup } from './block-receiver.ts'
import type { TransferOptions } from './options.ts'
import { Outbox } from './outbox.ts'
import type { PeerClient, Provider } from './ports.ts'
import { SourceFault } from './source-fault.ts'
import { TokenBucket } from './token-bucket.ts'
import { RequestWindow } from './window.ts'

/** Where a source stands. */
export type SourceState =
  | { readonly kind: 'connecting' }
  /** In the peer's upload queue; 1 = next. */
  | { readonly kind: 'waiting'; readonly position: number }
  | { readonly kind: 'active' }
  | { readonly kind: 'ended' }

/** What a source tells its download. Called one after the other; the next message is read when the one before is dealt with. */
export interface SourceListener {
  /** It has a slot. @param has what it has; undefined = everything */
  opened(has: Bitmap | undefined): void
  /** It waits for a slot; what was asked for is taken back already. */
  waiting(): void
  have(indices: readonly number[]): void
  /** Asked for and refused. */
  missing(indices: readonly number[]): void
  /** A whole block, not verified. May wait: that is the back-pressure. */
  block(block: ReceivedBlock): Promise<void> | void
}

export interface SourceSetup extends ReceiverSetup {
  readonly provider: Provider
  readonly client: PeerClient
  readonly cid: string
  readonly clock: Clock
  readonly options: TransferOptions
  readonly listener: SourceListener
}

/** How much longer than one block takes at its rate a slow source may be silent, and the most that this can make, ms. */
const SLOW_BLOCKS = 3
const MAX_STALL_MS = 60_000

/** Queue positions and other small talk: so many at once, then so many a second. */
const CHATTER_BURST = 200
const CHATTER_PER_SECOND = 20

/** One block stream to one peer. */
export class Source {
  readonly provider: Provider
  readonly window: RequestWindow
  readonly meter = new RateMeter()
  #state: SourceState = { kind: 'connecting' }
  readonly #setup: SourceSetup
  readonly #receiver: BlockReceiver
  readonly #outbox: Outbox
  readonly #askedAtMs = new Map<number, number>()
  /** The last block that was asked for while no other was. */
  #askedAlone: number | undefined
  readonly #startedMs: number
  #lastBytesMs: number
  #haves = 0
  readonly #chatter: TokenBucket
  /** The road that the stream took. */
  #road: Road | undefined
  #isLeaving = false
  /** Aborts the call. */
  #end: ((reason: unknown) => void) | undefined

  constructor(setup: SourceSetup) {
    this.#setup = setup
    this.provider = setup.provider
    this.window = new RequestWindow(setup.options)
    this.#receiver = new BlockReceiver(setup)
    this.#outbox = new Outbox(cidToBytes(setup.cid))
    this.#startedMs = this.#lastBytesMs = setup.clock.monotonic()
    this.#chatter = new TokenBucket(setup.clock, CHATTER_BURST, CHATTER_PER_SECOND)
  }

  get state(): SourceState {
    return this.#state
  }

  /** HOST:PORT or multiaddr in use, or the first that is known. */
  get address(): string {
    return this.#setup.client.remoteAddress() ?? this.provider.addresses[0] ?? ''
  }

  /** Time since something came while blocks are asked for, ms; 0 while none are. */
  silentMs(nowMs: number): number {
    return this.#receiver.askedCount === 0 || this.#state.kind !== 'active' ? 0 : nowMs - this.#lastBytesMs
  }

  /**
   * Reads the stream until it ends.
   *
   * @throws whatever ended it: never returns normally, for a peer that ends a stream by itself has failed as a source (UNAVAILABLE)
   */
  async run(signal: AbortSignal): Promise<never> {
    using linked = linkSignals(signal)
    this.#end = linked.abort
    try {
      const responses = this.#setup.client.getBlocks(this.#outbox.requests(), { signal: linked.signal })
      for await (const { response } of responses) {
        linked.signal.throwIfAborted()
        await this.#take(response)
      }
      linked.signal.throwIfAborted()
      throw new ShoalError('UNAVAILABLE', 'it ended the stream')
    } catch (error) {
      if (linked.signal.aborted) throw toShoalError(linked.signal.reason)
      throw endedByPeer(error)
    } finally {
      this.#state = { kind: 'ended' }
      this.#outbox.close()
    }
  }

  /** Ends the stream; {@link run} throws `reason`. */
  end(reason: ShoalError): void {
    this.#outbox.close()
    this.#end?.(reason)
  }

  /** Whether blocks may be asked for. */
  get isOpen(): boolean {
    return this.#state.kind === 'active' && !this.#isLeaving
  }

  /**
   * Leaves the stream when the peer can be reached by a better road now: what was asked for still comes, then the stream ends as if this
   * side had closed it, and the next one takes the better road. Called again and again.
   */
  changeRoad(): void {
    const now = this.#setup.client.road?.()
    this.#road ??= now
    if (now && this.#road && isBetterRoad(now, this.#road)) this.#isLeaving = true
    if (this.#isLeaving && this.#receiver.askedCount === 0)
      this.end(new ShoalError('CANCELLED', 'goes on by a better road'))
  }

  /** Asks for blocks. */
  want(indices: readonly number[]): void {
    if (indices.length === 0) return
    const nowMs = this.#setup.clock.monotonic()
    if (this.#receiver.askedCount === 0) {
      this.#lastBytesMs = nowMs
      this.window.started(nowMs)
      this.#askedAlone = indices[0]
    }
    for (const index of indices) this.#askedAtMs.set(index, nowMs)
    this.#receiver.ask(indices)
    this.#outbox.want(indices)
  }

  /** Takes requests back. */
  cancel(indices: readonly number[]): void {
    if (indices.length === 0) return
    for (const index of indices) this.#askedAtMs.delete(index)
    this.#receiver.cancel(indices)
    this.#outbox.cancel(indices)
  }

  /** This process was busy for that long, ms, and could not have heard anything. */
  excuse(ms: number): void {
    this.#lastBytesMs += ms
  }

  /** Why the source should be given up; undefined while it behaves. */
  complaint(nowMs: number): ShoalError | undefined {
    const { openTimeoutMs, stallMs } = this.#setup.options
    if (this.#state.kind === 'connecting' && nowMs - this.#startedMs > openTimeoutMs) {
      return new ShoalError('TIMED_OUT', `no answer within ${openTimeoutMs} ms`)
    }
    const rate = this.window.rateBytesPerSecond
    const blockMs = rate ? (BLOCK_SIZE / rate) * 1000 : 0
    const limitMs = Math.max(stallMs, Math.min(SLOW_BLOCKS * blockMs, MAX_STALL_MS))
    if (this.silentMs(nowMs) <= limitMs) return undefined
    return new ShoalError('TIMED_OUT', `stalled: nothing for ${Math.round(limitMs)} ms`)
  }

  async #take(response: GetBlocksResponse['response']): Promise<void> {
    switch (response.case) {
      case 'opened':
        return this.#opened(response.value)
      case 'queued':
        return this.#queued(response.value.position)
      case 'block':
        return this.#block(response.value)
      case 'missing':
        return this.#missing(response.value.indices)
      case 'have':
        return this.#have(response.value.indices)
      default:
        return this.#talk()
    }
  }

  #opened({ complete, bitmap }: Opened): void {
    this.#talk()
    if (this.#state.kind === 'active') throw new SourceFault('BAD_RESPONSE', 'it opened the stream twice')
    const { blockCount } = this.#setup
    if (!complete && bitmap.length !== Math.ceil(blockCount / 8)) {
      throw new SourceFault('BAD_RESPONSE', 'its bitmap has a wrong length')
    }
    this.#state = { kind: 'active' }
    this.#road ??= this.#setup.client.road?.()
    this.#setup.listener.opened(complete ? undefined : new Bitmap(blockCount, bitmap.slice()))
  }

  #queued(position: number): void {
    this.#talk()
    const wasActive = this.#state.kind === 'active'
    this.#state = { kind: 'waiting', position }
    if (wasActive) this.#setup.listener.waiting()
  }

  async #block(message: { index: number; offset: number; data: Uint8Array }): Promise<void> {
    const { clock, listener } = this.#setup
    const nowMs = clock.monotonic()
    this.#lastBytesMs = nowMs
    this.window.arrived(message.data.length, nowMs)
    this.meter.add(message.data.length, nowMs)
    const block = this.#receiver.take(message.index, message.offset, message.data)
    if (!block) return
    const tookMs = nowMs - (this.#askedAtMs.get(block.index) ?? nowMs)
    this.window.delivered(tookMs, nowMs, block.index === this.#askedAlone)
    this.#askedAtMs.delete(block.index)
    await listener.block(block)
    // The time that this side took is not the source's silence.
    this.#lastBytesMs = clock.monotonic()
  }

  #missing(indices: readonly number[]): void {
    if (indices.length === 0) this.#talk()
    const refused: number[] = []
    for (const index of indices) {
      const asked = this.#receiver.isAsked(index)
      if (!this.#receiver.refused(index))
        throw new SourceFault('BAD_RESPONSE', `block ${index} was not asked for`)
      this.#askedAtMs.delete(index)
      if (asked) refused.push(index)
    }
    this.#setup.listener.missing(refused)
  }

  #have(indices: readonly number[]): void {
    const { blockCount } = this.#setup
    // Each block becomes available once; twice that, and one for a message without any, is more than enough.
    this.#haves += indices.length + 1
    if (this.#haves > 2 * blockCount + CHATTER_BURST || indices.some((index) => index >= blockCount)) {
      throw new SourceFault('BAD_RESPONSE', 'it claims blocks that cannot be')
    }
    if (this.#state.kind === 'active') this.#setup.listener.have(indices)
  }

  #talk(): void {
    if (!this.#chatter.take()) throw new SourceFault('BAD_RESPONSE', 'it talks and sends nothing')
  }
}

/** What ended a stream that this side did not end. A peer that says CANCELLED has gone; here the word means that we have. */
export function endedByPeer(thrown: unknown): ShoalError {
  const error = toShoalError(thrown, 'UNAVAILABLE')
  if (error.code !== 'CANCELLED') return error
  return new ShoalError('UNAVAILABLE', 'it ended the stream', { cause: error })
}
