import type { Clock } from '../base/clock.ts'
import { ShoalError, toShoalError } from '../base/errors.ts'
import { RateMeter } from '../base/rate-meter.ts'
import { abortable, linkSignals } from '../base/signals.ts'
import { KIB } from '../base/units.ts'
import { BLOCK_SIZE } from '../content/cid.ts'
import type { Opened } from '../contract/gen/shoal/v1/peer_pb.ts'
import { isBetterRoad, type Road } from '../link/roads.ts'
import { Bitmap } from './bitmap.ts'
import { BlockReceiver, type ReceivedBlock, type ReceiverSetup } from './block-receiver.ts'
import { MAX_TOLD } from './give/rendezvous.ts'
import type { BlockChannel, BlockChannels, ChannelListener } from './line/channel.ts'
import type { TransferOptions } from './options.ts'
import type { PeerClient, Provider } from './ports.ts'
import { SourceFault } from './source-fault.ts'
import { type SourceRoad, sourceRoad } from './source-road.ts'
import { TokenBucket } from './token-bucket.ts'
import { RequestWindow } from './window.ts'

/** Where a source stands. */
export type SourceState =
  | { readonly kind: 'connecting' }
  /** In the peer's upload queue; 1 = next. */
  | { readonly kind: 'waiting'; readonly position: number }
  | { readonly kind: 'active' }
  | { readonly kind: 'ended' }

/** What a source tells its download. */
export interface SourceListener {
  /** It has a slot. @param has what it has; undefined = everything */
  opened(has: Bitmap | undefined): void
  /** It waits for a slot. */
  waiting(): void
  have(indices: readonly number[]): void
  /** It says that these fetch the file, too. */
  takers(peers: readonly Provider[]): void
  /** Asked for and refused. */
  missing(indices: readonly number[]): void
  /** Another source was quicker with a block that was asked for in parts: nothing more of it comes. */
  late(index: number): void
  /** A whole block, not verified. */
  block(block: ReceivedBlock): void
}

export interface SourceSetup extends Pick<ReceiverSetup, 'memory' | 'coming'> {
  readonly provider: Provider
  readonly client: Pick<PeerClient, 'road' | 'remoteAddress'>
  readonly channels: BlockChannels
  readonly cid: string
  readonly blockCount: number
  /** Bytes of a block; undefined when the manifest does not tell: then the source does. */
  readonly sizeOf: (index: number) => number | undefined
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

/** What is shown of a source. */
export interface SourceRow {
  readonly provider: Provider
  readonly state: SourceState
  /** HOST:PORT or multiaddr. */
  readonly address: string
  readonly road: SourceRoad
  readonly meter: RateMeter
}

/** One file at one peer. */
export class Source implements ChannelListener, SourceRow {
  readonly provider: Provider
  readonly window: RequestWindow
  readonly meter = new RateMeter()
  #state: SourceState = { kind: 'connecting' }
  readonly #setup: SourceSetup
  readonly #receiver: BlockReceiver
  #channel: BlockChannel | undefined
  readonly #over = Promise.withResolvers<never>()
  /** What the source says the file's size is. */
  #toldSize: number | undefined
  readonly #askedAtMs = new Map<number, number>()
  /** The last block that was asked for while no other was. */
  #askedAlone: number | undefined
  readonly #startedMs: number
  #lastBytesMs: number
  #haves = 0
  /** Smoothed time from one block to the next, ms. */
  #serviceMs: number | undefined
  #deliveredMs = 0
  #takers = 0
  readonly #chatter: TokenBucket
  /** The road that the stream took. */
  #road: Road | undefined
  #isLeaving = false
  #getsParts = false
  #showsAll = false
  #isOpened = false
  /** What it has, as far as it told; undefined = everything. */
  #has: Bitmap | undefined
  /** Aborts the call. */
  #end: ((reason: unknown) => void) | undefined

  constructor(setup: SourceSetup) {
    this.#setup = setup
    this.provider = setup.provider
    this.window = new RequestWindow(setup.options)
    const { blockCount, sizeOf, memory, coming } = setup
    this.#receiver = new BlockReceiver({
      blockCount,
      // A lie of the source about the size makes its own block wrong, and nobody else's.
      sizeOf: (index) => sizeOf(index) ?? this.#toldSize,
      memory,
      coming,
    })
    this.#over.promise.catch(() => {})
    this.#startedMs = this.#lastBytesMs = setup.clock.monotonic()
    this.#chatter = new TokenBucket(setup.clock, CHATTER_BURST, CHATTER_PER_SECOND)
  }

  get state(): SourceState {
    return this.#state
  }

  /** HOST:PORT or multiaddr in use, or the first that is known. */
  get address(): string {
    return this.#channel?.address || this.#setup.client.remoteAddress() || this.provider.addresses[0] || ''
  }

  get road(): SourceRoad {
    return sourceRoad(this.provider, this.#channel?.road ?? this.#setup.client.road?.())
  }

  /** Bytes a second that come of it, all waiting counted; undefined before the first block. */
  get yieldBytesPerSecond(): number | undefined {
    return this.#serviceMs === undefined ? undefined : (BLOCK_SIZE * 1000) / Math.max(this.#serviceMs, 1)
  }

  /** How much longer it has said nothing than is usual for it, ms. */
  overdueMs(nowMs: number): number {
    const serviceMs = this.#serviceMs ?? 0
    return Math.max(
      0,
      this.silentMs(nowMs) - 2 * (this.#getsParts ? serviceMs * PARTS_OF_SILENCE : serviceMs),
    )
  }

  /** Time since something came while blocks are asked for, ms; 0 while none are. */
  silentMs(nowMs: number): number {
    if (this.#channel?.isHeld) this.#lastBytesMs = nowMs
    return this.#receiver.askedCount === 0 || this.#state.kind !== 'active' ? 0 : nowMs - this.#lastBytesMs
  }

  /**
   * Opens the file there and listens until it ends.
   *
   * @throws whatever ended it: never returns normally, for a peer that ends by itself has failed as a source (UNAVAILABLE)
   */
  async run(signal: AbortSignal): Promise<never> {
    const { channels, provider, cid } = this.#setup
    using linked = linkSignals(signal)
    this.#end = linked.abort
    try {
      this.#channel = await channels.open(provider, cid, this, linked.signal)
      return await abortable(this.#over.promise, linked.signal)
    } catch (error) {
      throw toShoalError(linked.signal.aborted ? linked.signal.reason : error)
    } finally {
      this.#state = { kind: 'ended' }
      this.#channel?.close()
      this.#receiver.close()
    }
  }

  /** Ends it; {@link run} throws `reason`. */
  end(reason: ShoalError): void {
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
    this.#road ??= this.#channel?.road
    if (now && this.#road && isBetterRoad(now, this.#road)) this.#isLeaving = true
    if (this.#isLeaving && this.#receiver.askedCount === 0)
      this.end(new ShoalError('CANCELLED', 'goes on by a better road'))
  }

  /** Asks for blocks. */
  want(indices: readonly number[]): void {
    if (indices.length === 0) return
    this.#asks(indices)
    this.#receiver.ask(indices)
    this.#channel?.want(indices)
  }

  /** Asks for a block in parts, from `end` down. */
  wantParts(index: number, end: number): void {
    this.#getsParts = true
    this.#asks([index])
    this.#receiver.askParts(index, end)
    this.#channel?.wantParts(index, end)
  }

  /** Asks to be shown everything at once. */
  showAll(): void {
    if (this.#showsAll || !this.#channel) return
    this.#showsAll = true
    this.#channel.showAll()
  }

  #asks(indices: readonly number[]): void {
    const nowMs = this.#setup.clock.monotonic()
    if (this.#receiver.askedCount === 0) {
      this.#lastBytesMs = nowMs
      this.window.started(nowMs)
      this.#askedAlone = indices[0]
    }
    for (const index of indices) this.#askedAtMs.set(index, nowMs)
  }

  /** Bytes of a block that was asked for have come. */
  isBegun(index: number): boolean {
    return this.#receiver.isBegun(index)
  }

  /** Blocks that were asked for and of which less than so many bytes have come. */
  hardlyBegun(bytes: number): number[] {
    return [...this.#askedAtMs.keys()].filter((index) => this.#receiver.receivedBytes(index) < bytes)
  }

  /** Takes requests back. */
  cancel(indices: readonly number[]): void {
    if (indices.length === 0) return
    for (const index of indices) this.#askedAtMs.delete(index)
    this.#receiver.cancel(indices)
    this.#channel?.cancel(indices)
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

  opened({ complete, bitmap, sizeBytes }: Pick<Opened, 'complete' | 'bitmap' | 'sizeBytes'>): void {
    this.#talk()
    const { blockCount, sizeOf, listener } = this.#setup
    if (this.#isOpened) throw new SourceFault('BAD_RESPONSE', 'it opened the file twice')
    if (!complete && bitmap.length !== Math.ceil(blockCount / 8)) {
      throw new SourceFault('BAD_RESPONSE', 'its bitmap has a wrong length')
    }
    if (sizeOf(0) === undefined) {
      if (sizeBytes > BLOCK_SIZE) throw new SourceFault('BAD_RESPONSE', 'it says that a block is too large')
      this.#toldSize = Number(sizeBytes)
    }
    this.#isOpened = true
    this.#road ??= this.#channel?.road
    this.#has = complete ? undefined : new Bitmap(blockCount, bitmap.slice())
    if (this.#state.kind !== 'connecting') return
    this.#state = { kind: 'active' }
    listener.opened(this.#has?.copy())
  }

  takers(peers: readonly Provider[]): void {
    this.#takers += peers.length
    if (this.#takers > MAX_TOLD) throw new SourceFault('BAD_RESPONSE', 'it tells of too many others')
    this.#setup.listener.takers(peers)
  }

  queued(position: number): void {
    this.#talk()
    const before = this.#state.kind
    if (before === 'ended') return
    if (position > 0) {
      this.#state = { kind: 'waiting', position }
      if (before === 'active') this.#setup.listener.waiting()
    } else if (before === 'active') {
      // Others have their turns before: it is there and has not forgotten us.
      this.#lastBytesMs = this.#setup.clock.monotonic()
    } else if (before === 'waiting') {
      this.#state = this.#isOpened ? { kind: 'active' } : { kind: 'connecting' }
      if (this.#isOpened) this.#setup.listener.opened(this.#has?.copy())
    }
  }

  place(index: number, offset: number, room: number, chaining?: Uint8Array): Uint8Array {
    return this.#receiver.place(index, offset, room, chaining)
  }

  placed(count: number): void {
    const nowMs = this.#setup.clock.monotonic()
    this.#lastBytesMs = nowMs
    this.window.arrived(count, nowMs)
    this.meter.add(count, nowMs)
    const received = this.#receiver.placed(count)
    if (!received) return
    const { index, length, block, isLate } = received
    const askedAtMs = this.#askedAtMs.get(index) ?? nowMs
    // From when it had nothing else of ours to send: waiting for its other takers is part of it.
    const tookMs = nowMs - Math.max(this.#deliveredMs, askedAtMs)
    this.#serviceMs = smoothed(this.#serviceMs, tookMs, length)
    this.#deliveredMs = nowMs
    if (block) this.window.delivered(nowMs - askedAtMs, nowMs, index === this.#askedAlone)
    if (block || isLate) this.#askedAtMs.delete(index)
    if (block) this.#setup.listener.block({ index, bytes: block })
    else if (isLate) {
      this.#channel?.cancel([index])
      this.#setup.listener.late(index)
    }
  }

  missing(indices: readonly number[]): void {
    if (indices.length === 0) this.#talk()
    const refused: number[] = []
    for (const index of indices) {
      const asked = this.#receiver.isAsked(index)
      if (!this.#receiver.refused(index))
        throw new SourceFault('BAD_RESPONSE', `block ${index} was not asked for`)
      this.#askedAtMs.delete(index)
      // It may tell of it again.
      this.#haves--
      if (asked) refused.push(index)
    }
    this.#setup.listener.missing(refused)
  }

  have(whole: readonly number[], coming: readonly number[]): void {
    const { blockCount } = this.#setup
    const indices = coming.length > 0 ? [...whole, ...coming] : whole
    this.#haves += indices.length + 1
    if (this.#haves > HAVES * blockCount + CHATTER_BURST || indices.some((index) => index >= blockCount)) {
      throw new SourceFault('BAD_RESPONSE', 'it claims blocks that cannot be')
    }
    for (const index of indices) this.#has?.add(index)
    if (this.#state.kind === 'active') this.#setup.listener.have(indices)
  }

  ended(error: ShoalError): void {
    this.#over.reject(error)
  }

  #talk(): void {
    if (!this.#chatter.take()) throw new SourceFault('BAD_RESPONSE', 'it talks and sends nothing')
  }
}

/** Share of a new sample in the smoothed time of a block. */
const SERVICE_WEIGHT = 0.25

/** Of a block's time, between two parts: the least that is no news. */
const PARTS_OF_SILENCE = 1 / 8

/** So often a block may be told of: when it begins to come, when it is whole, and again after it was lost or somebody else's. */
const HAVES = 6

/** Of less than this nothing is concluded, bytes: the end of a file may be a single one. */
const LEAST_SAMPLE_BYTES = 16 * KIB

/** The time of a whole block, when `bytes` took so long. */
function smoothed(before: number | undefined, tookMs: number, bytes: number): number | undefined {
  if (bytes < LEAST_SAMPLE_BYTES) return before
  const sample = tookMs * (BLOCK_SIZE / bytes)
  const weight = SERVICE_WEIGHT * Math.max(PARTS_OF_SILENCE, Math.min(1, bytes / BLOCK_SIZE))
  return before === undefined ? sample : before + (sample - before) * weight
}
