import { type BatchLimits, inBatches } from '../../base/batches.ts'
import type { Clock } from '../../base/clock.ts'
import { ShoalError, toShoalError } from '../../base/errors.ts'
import { RateMeter } from '../../base/rate-meter.ts'
import { KIB } from '../../base/units.ts'
import { BLOCK_SIZE } from '../../content/cid.ts'
import type { Road } from '../../link/roads.ts'
import type { BlockMemory } from '../disk/block-memory.ts'
import type { BlockChannels } from '../line/channel.ts'
import type { TransferOptions } from '../options.ts'
import type { Provider } from '../ports.ts'
import type { SourceState } from '../source.ts'
import { SourceFault } from '../source-fault.ts'
import { type SourceRoad, sourceRoad } from '../source-road.ts'
import { TokenBucket } from '../token-bucket.ts'
import { RequestWindow } from '../window.ts'
import { AskedFile } from './asked-file.ts'
import { AskedFiles } from './asked-files.ts'
import { type Region, Slab } from './slab.ts'
import type { SmallFile } from './small-file.ts'

/** What a source tells the fetch. */
export interface SmallListener {
  /** It answers, for the first time or after a wait. */
  opened(): void
  /** A file came or was refused: there is room for others. */
  settled(): void
  /** It cannot give this one. */
  refused(file: SmallFile): void
  /** Whole files, not verified. The memory is the listener's now. */
  filled(slab: Slab): void
  /** It is over. Told once, after everything that came whole. @param files what was asked for and did not come */
  ended(error: ShoalError, files: SmallFile[]): void
}

export interface SmallSourceSetup {
  readonly provider: Provider
  readonly channels: BlockChannels
  readonly memory: BlockMemory
  readonly clock: Clock
  readonly options: TransferOptions
  readonly listener: SmallListener
  readonly signal: AbortSignal
}

/** Files asked for at one peer at once: of those that are asked for one by one half of what a line has room for, of the others a quarter. */
const MAX_ASKED_FILES = 512
const MAX_TAKEN_FILES = 1024

/**
 * Files asked for in one message, and the time in which their bytes should come, s: what is begun cannot be given to another peer. Bytes by the word of the
 * folder, and while the rate is not known.
 */
const TAKE_FILES = 64
const TAKE_SECONDS = 0.1
const MIN_TAKE_BYTES = 64 * KIB
const FIRST_TAKE_BYTES = 256 * KIB

const WINDOW_SECONDS = 0.5

/** Queue positions: so many at once, then so many a second. */
const CHATTER_BURST = 200
const CHATTER_PER_SECOND = 20

/** A message that many files tell of at once is taken for one within this time, ms. */
const TOLD_MS = 10

/** Small files at one peer: asked for many at once, put together many in one piece of memory. */
export class SmallSource {
  readonly provider: Provider
  /** For its rate only. */
  readonly #window: RequestWindow
  readonly meter = new RateMeter()
  readonly #setup: SmallSourceSetup
  /** The oldest first. */
  readonly #asked = new Map<SmallFile, AskedFile>()
  /** Asked for many at once, the oldest first. */
  readonly #takes = new Set<AskedFiles>()
  #takenFiles = 0
  /** Whether the peer gives many files in one answer. */
  #takesFiles = false
  readonly #slabs = new Set<Slab>()
  #open: Slab | undefined
  readonly #chatter: TokenBucket
  #askedBytes = 0
  #state: SourceState = { kind: 'connecting' }
  readonly #startedMs: number
  #lastBytesMs: number
  #address = ''
  #road: Road | undefined
  #wasOpen = false

  constructor(setup: SmallSourceSetup) {
    this.#setup = setup
    this.provider = setup.provider
    this.#window = new RequestWindow(setup.options)
    this.#chatter = new TokenBucket(setup.clock, CHATTER_BURST, CHATTER_PER_SECOND)
    this.#startedMs = this.#lastBytesMs = setup.clock.monotonic()
  }

  get state(): SourceState {
    return this.#state
  }

  /** Whether it has ever answered. */
  get wasOpen(): boolean {
    return this.#wasOpen
  }

  /** HOST:PORT or multiaddr in use, or the first that is known. */
  get address(): string {
    return this.#address || this.provider.addresses[0] || ''
  }

  get road(): SourceRoad {
    return sourceRoad(this.provider, this.#road)
  }

  get askedBytes(): number {
    return this.#askedBytes
  }

  /** Those that were asked for and have not come. */
  *askedFiles(): Generator<SmallFile> {
    yield* this.#asked.keys()
    for (const take of this.#takes) yield* take.rest
  }

  get askedCount(): number {
    return this.#asked.size + this.#takenFiles
  }

  /** Whether it should be asked for more now: with less than three quarters of its window, so that one message asks for many. */
  get wantsMore(): boolean {
    if (this.#state.kind !== 'active') return false
    return this.askedCount < 0.75 * this.#windowFiles && this.#askedBytes < 0.75 * this.#windowBytes
  }

  /** Files and bytes that it may be asked for beyond those that it is. */
  get room(): { files: number; bytes: number } {
    return { files: this.#windowFiles - this.askedCount, bytes: this.#windowBytes - this.#askedBytes }
  }

  get #windowFiles(): number {
    return this.#takesFiles ? MAX_TAKEN_FILES : MAX_ASKED_FILES
  }

  /** What it sends in half a second: more than is on its way on any line, and not so much that a slow one keeps the others waiting at the end. */
  get #windowBytes(): number {
    const { initialWindowBytes, minWindowBytes, maxWindowBytes } = this.#setup.options
    const rate = this.#window.rateBytesPerSecond
    if (rate === undefined) return initialWindowBytes
    return Math.min(maxWindowBytes, Math.max(minWindowBytes, rate * WINDOW_SECONDS))
  }

  ask(files: readonly SmallFile[]): void {
    const nowMs = this.#setup.clock.monotonic()
    if (this.askedCount === 0) {
      this.#lastBytesMs = nowMs
      this.#window.started(nowMs)
    }
    for (const file of files) this.#askedBytes += file.plannedBytes
    if (!this.#takesFiles) for (const file of files) this.#askOne(file, nowMs)
    else for (const batch of inBatches(files, bytesOf, this.#takeLimits)) this.#take(batch, nowMs)
  }

  get #takeLimits(): BatchLimits {
    const rate = this.#window.rateBytesPerSecond
    if (rate === undefined) return { items: TAKE_FILES, size: FIRST_TAKE_BYTES }
    return { items: TAKE_FILES, size: Math.min(BLOCK_SIZE, Math.max(MIN_TAKE_BYTES, rate * TAKE_SECONDS)) }
  }

  #take(files: readonly SmallFile[], nowMs: number): void {
    const { channels, provider, memory, listener } = this.#setup
    let settled = 0
    const take = new AskedFiles(files, nowMs, {
      queued: (position) => this.#queued(position),
      memory: () => memory.take(BLOCK_SIZE) as Uint8Array<SharedArrayBuffer>,
      came: (bytes) => this.#came(bytes),
      group: (slab, refused) => {
        const rest = take.rest.length
        this.#settled(take, files.slice(settled, files.length - rest))
        settled = files.length - rest
        if (slab) listener.filled(slab)
        for (const file of refused) listener.refused(file)
        listener.settled()
      },
      ended: (error) => this.end(error),
    })
    const channel = channels.takeNow?.(provider, take.digests, take)
    // Its line is over, or has no room: that is waited for file by file.
    if (!channel) {
      for (const file of files) this.#askOne(file, nowMs)
      return
    }
    this.#takes.add(take)
    this.#takenFiles += files.length
    take.attach(channel)
  }

  #settled(take: AskedFiles, files: readonly SmallFile[]): void {
    for (const { plannedBytes } of files) this.#askedBytes -= plannedBytes
    this.#takenFiles -= files.length
    if (take.rest.length === 0) this.#takes.delete(take)
  }

  #askOne(file: SmallFile, nowMs: number): void {
    const { channels, provider, signal } = this.#setup
    const asked = new AskedFile(file, nowMs, {
      opened: (takesFiles) => {
        this.#takesFiles = takesFiles && channels.takeNow !== undefined
        this.#opened()
      },
      queued: (position) => this.#queued(position),
      begin: (bytes) => this.#begin(file, bytes),
      came: (bytes) => this.#came(bytes),
      whole: (region) => this.#whole(asked, region),
      refused: () => {
        this.#forget(asked)
        // Who says no serves.
        this.#opened()
        this.#setup.listener.refused(file)
      },
      ended: (error) => this.end(error),
    })
    this.#asked.set(file, asked)
    const channel = channels.openNow(provider, file.cid, asked)
    if (channel) {
      this.#road = channel.road
      asked.attach(channel)
    } else {
      channels.open(provider, file.cid, asked, signal).then(
        (opened) => {
          this.#address = opened.address
          this.#road = opened.road
          asked.attach(opened)
        },
        (error: unknown) => this.end(toShoalError(error)),
      )
    }
  }

  /** Takes back files that were asked for before a time and of which nothing has come: the younger half of them. */
  giveUp(beforeMs: number): SmallFile[] {
    const isLate = (each: AskedFile | AskedFiles) => each.askedMs <= beforeMs && !each.hasBegun
    const late = [...[...this.#asked.values()].filter(isLate), ...[...this.#takes].filter(isLate)]
    return late.slice(Math.floor(late.length / 2)).flatMap((each) => this.#takeBack(each))
  }

  /** Time since something came while files are asked for, ms; 0 while none are. */
  silentMs(nowMs: number): number {
    const [first = [...this.#takes][0]] = this.#asked.values()
    if (first?.isHeld) this.#lastBytesMs = nowMs
    return first === undefined || this.#state.kind !== 'active' ? 0 : nowMs - this.#lastBytesMs
  }

  /** This process was busy for that long, ms, and could not have heard anything. */
  excuse(ms: number): void {
    this.#lastBytesMs += ms
  }

  /** Why it should be given up; undefined while it behaves. */
  complaint(nowMs: number): ShoalError | undefined {
    const { openTimeoutMs, stallMs } = this.#setup.options
    if (this.#state.kind === 'connecting' && nowMs - this.#startedMs > openTimeoutMs)
      return new ShoalError('TIMED_OUT', `no answer within ${openTimeoutMs} ms`)
    if (this.silentMs(nowMs) <= stallMs) return undefined
    return new ShoalError('TIMED_OUT', `stalled: nothing for ${stallMs} ms`)
  }

  /** What is whole is not to wait for what comes next. */
  flush(): void {
    if (!this.#open || this.#open.isEmpty) return
    this.#open.seal()
    this.#handOver(this.#open)
    this.#open = undefined
  }

  end(error: ShoalError): void {
    if (this.#state.kind === 'ended') return
    this.#state = { kind: 'ended' }
    const files = [...this.#asked.values(), ...this.#takes].flatMap((each) => this.#takeBack(each))
    this.flush()
    if (this.#open) this.#setup.memory.give(this.#open.memory)
    this.#open = undefined
    this.#setup.listener.ended(error, files)
  }

  #opened(): void {
    if (this.#state.kind !== 'connecting') return
    this.#state = { kind: 'active' }
    this.#wasOpen = true
    this.#setup.listener.opened()
  }

  #queued(position: number): void {
    if (this.#state.kind === 'ended') return
    const nowMs = this.#setup.clock.monotonic()
    const before = this.#state.kind === 'waiting' ? this.#state.position : 0
    if (position === before) {
      // Each file on the line tells of it. Others have their turns before: it is there and has not forgotten us.
      if (this.#state.kind !== 'active' || nowMs - this.#lastBytesMs < TOLD_MS) return
      if (!this.#chatter.take()) throw new SourceFault('BAD_RESPONSE', 'it talks and sends nothing')
      this.#lastBytesMs = nowMs
      return
    }
    if (!this.#chatter.take()) throw new SourceFault('BAD_RESPONSE', 'it talks and sends nothing')
    this.#state = position > 0 ? { kind: 'waiting', position } : { kind: 'active' }
    this.#wasOpen = true
    if (position > 0) return
    this.#lastBytesMs = nowMs
    this.#setup.listener.opened()
  }

  #begin(file: SmallFile, bytes: number): Region {
    const region = this.#open?.begin(file, bytes)
    if (region) return region
    this.flush()
    this.#open ??= new Slab(this.#setup.memory.take(BLOCK_SIZE) as Uint8Array<SharedArrayBuffer>)
    this.#slabs.add(this.#open)
    return this.#open.begin(file, bytes)!
  }

  #came(bytes: number): void {
    const nowMs = this.#setup.clock.monotonic()
    this.#lastBytesMs = nowMs
    this.#window.arrived(bytes, nowMs)
    this.meter.add(bytes, nowMs)
  }

  #whole(asked: AskedFile, region: Region): void {
    region.slab.fill(region)
    this.#forget(asked)
    if (region.slab.isSealed) this.#handOver(region.slab)
    if (this.askedCount === 0) this.flush()
    this.#setup.listener.settled()
  }

  /** It is not asked for any more. @returns the files that have not come */
  #takeBack(asked: AskedFile | AskedFiles): readonly SmallFile[] {
    if (asked instanceof AskedFile) {
      this.#forget(asked)
      return [asked.file]
    }
    const { rest } = asked
    // The socket may still put bytes into its memory: nobody else gets that.
    if (asked.close()) this.#setup.memory.lose()
    for (const { plannedBytes } of rest) this.#askedBytes -= plannedBytes
    this.#takenFiles -= rest.length
    this.#takes.delete(asked)
    return rest
  }

  #forget(asked: AskedFile): void {
    if (!this.#asked.delete(asked.file)) return
    this.#askedBytes -= asked.file.plannedBytes
    const { region } = asked
    asked.close()
    if (region?.state !== 'filling') return
    region.slab.abandon(region)
    if (region.slab.isSealed) this.#handOver(region.slab)
  }

  #handOver(slab: Slab): void {
    if (slab.isReady && this.#slabs.delete(slab)) this.#setup.listener.filled(slab)
  }
}

function bytesOf({ plannedBytes }: SmallFile): number {
  return plannedBytes
}
