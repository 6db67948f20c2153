import { type Clock, every } from '../../base/clock.ts'
import { ShoalError, toShoalError } from '../../base/errors.ts'
import { abortable } from '../../base/signals.ts'
import { cidOfDigest, DIGEST_SIZE, RAW } from '../../content/cid.ts'
import type { GetBlocksRequest } from '../../contract/gen/shoal/v1/peer_pb.ts'
import type { BufferPool } from '../buffer-pool.ts'
import type { Gate } from '../limits/gates.ts'
import { MAX_ASKED, MAX_FILES, MAX_INDICES } from '../line/channel.ts'
import type { GiverWire } from '../line/giver-wire.ts'
import type { ServeOptions } from '../options.ts'
import type { BlockParts } from '../parts/block-parts.ts'
import type { FileGroup, FileGroups } from '../small/file-groups.ts'
import { type GroupRead, TakenFiles } from '../small/taken-files.ts'
import { TokenBucket } from '../token-bucket.ts'
import type { SlotState, SlotTicket, UploadSlots } from '../upload-slots.ts'
import { type BlockRead, BlockReads } from './block-reads.ts'
import { GivenFiles, type GivenFilesSetup } from './given-files.ts'
import { LineSender } from './line-sender.ts'
import { PartWants, STUCK_MS, type WantedPart } from './part-wants.ts'
import type { UploadTurns } from './upload-turns.ts'

/** Requests of one line: so many at once, then so many a second. A client that fetches small files at full speed sends two for each. */
const REQUEST_BURST = 16_384
const REQUESTS_PER_SECOND = 65_536

/** Whoever waits for its turn hears this often that it is not forgotten, ms: less than what receivers take for a stall. */
const SIGN_OF_LIFE_MS = 2000

/** A client that asks for nothing for so long does not want what it was shown, ms. */
const DECLINES_MS = 250

export interface GiverSetup extends Pick<GivenFilesSetup, 'peerId' | 'fileOf' | 'rendezvous' | 'spread'> {
  readonly wire: GiverWire
  /** The line came through libp2p. Default: over TCP. */
  readonly isTunnelled?: boolean
  readonly slots: UploadSlots
  readonly buffers: BufferPool
  readonly parts: BlockParts
  /** Whole small files; undefined: they are given like all others. */
  readonly groups?: FileGroups | undefined
  /** Told of bytes of blocks that were handed to the line. */
  readonly onSent?: ((bytes: number) => void) | undefined
  /** What is sent passes here. */
  readonly gate: Gate
  readonly clock: Clock
  readonly options: ServeOptions
  /** Who sends a block next, of all lines. */
  readonly turns: UploadTurns
  /** Aborts when the client leaves. */
  readonly signal: AbortSignal
}

/** Answers one line of a peer that takes: waits for a slot, then sends what is asked for, reading ahead. */
export class Giver {
  readonly #setup: GiverSetup
  readonly #files: GivenFiles
  readonly #reads: BlockReads
  readonly #parts: PartWants
  readonly #taken: TakenFiles | undefined
  readonly #bucket: TokenBucket
  readonly #sender: LineSender
  #ticket: SlotTicket | undefined
  /** Ends the turn that this line has; undefined while it has none. */
  #release: (() => void) | undefined
  /** The block that is being sent. */
  #sending: { readonly file: number; readonly index: number; isUnwanted: boolean } | undefined
  #told = 0
  #error: unknown
  #ended = false
  #wake: (() => void) | undefined

  constructor(setup: GiverSetup) {
    this.#setup = setup
    this.#sender = new LineSender(setup)
    this.#bucket = new TokenBucket(setup.clock, REQUEST_BURST, REQUESTS_PER_SECOND)
    this.#reads = new BlockReads(setup.buffers)
    this.#parts = new PartWants(setup.parts)
    this.#taken = setup.groups && new TakenFiles(setup.groups)
    this.#files = new GivenFiles({
      ...setup,
      takesFiles: this.#taken !== undefined,
      enter: (cid) => this.#enter(cid),
      grown: (file, index) => {
        if (this.#wake && this.#parts.has(file, index)) this.#wake()
      },
      revoke: (file, index) => this.#reads.cancel(file, index) || this.#parts.cancel(file, index),
    })
  }

  /**
   * Takes a request.
   *
   * @throws ShoalError INVALID_ARGUMENT, RATE_LIMITED for one against the contract; the line is to be ended then
   */
  take(request: GetBlocksRequest): void {
    try {
      if (!this.#bucket.take()) throw new ShoalError('RATE_LIMITED')
      this.#take(request)
      this.#wake?.()
    } catch (error) {
      this.fail(error)
      throw error
    }
  }

  /** Ends {@link run}. */
  fail(error: unknown): void {
    this.#error ??= error
    this.#stop()
  }

  /** The client says nothing more: {@link run} returns. */
  end(): void {
    this.#ended = true
    this.#stop()
  }

  #stop(): void {
    this.#sender.stop()
    this.#wake?.()
  }

  /** Sends until the client has gone or is idle for too long. @throws ShoalError what the client did wrong; the signal's reason */
  async run(): Promise<void> {
    const { signal } = this.#setup
    // Once for the line: it waits very often.
    const onAbort = () => this.#stop()
    signal.addEventListener('abort', onAbort)
    try {
      await this.#serve()
    } finally {
      signal.removeEventListener('abort', onAbort)
      this.#release?.()
      this.#setup.gate.close()
      this.#ticket?.leave()
      await Promise.all([this.#reads.end(), this.#taken?.end()])
      this.#files.closeAll()
    }
  }

  #take({ file, request }: GetBlocksRequest): void {
    if (request.case === 'open') {
      this.#files.open(file, request.value.cid)
      this.#leaveWhenEmpty()
    } else if (request.case === 'close') {
      this.#close(file)
      this.#leaveWhenEmpty()
    } else if (request.case === 'want') this.#want(file, request.value.indices)
    else if (request.case === 'wantParts') this.#wantParts(file, request.value.blocks)
    else if (request.case === 'take') this.#takeFiles(file, request.value.digests)
    else if (request.case === 'cancel') this.#cancel(file, request.value.indices)
    else if (request.case === 'introduction') this.#files.introduce(request.value)
    else if (request.case === 'showAll') this.#files.showAll(file)
  }

  async #serve(): Promise<void> {
    const { options, signal, clock } = this.#setup
    for (;;) {
      signal.throwIfAborted()
      if (this.#error !== undefined) throw this.#error
      if (this.#ended) return
      const state = this.#ticket?.state
      if (state?.kind === 'refused') this.#refuseAll(state.reason)
      for (const { file, index } of this.#parts.takeStuck(clock.monotonic())) this.#files.missing(file, index)
      this.#tellPlace()
      const { kind } = this.#ticket?.state ?? {}
      if (kind === 'active' && this.#hasWork) {
        await this.#takeTurn()
        this.#ticket?.rotate(options.rotateBytes)
      } else if (this.#release) await this.#endTurn()
      else if (kind === 'waiting') await this.#wait(undefined)
      else if (this.#parts.size > 0) await this.#wait(STUCK_MS / 2)
      else if (!(await this.#idle())) return
    }
  }

  get #hasWork(): boolean {
    return this.#reads.size > 0 || this.#taken?.hasWork === true || this.#parts.isReady
  }

  /** Sends one block or part, when it is this line's turn. The turn is kept while nobody else wants one. */
  async #takeTurn(): Promise<void> {
    const { turns, peerId } = this.#setup
    const gives = this.#files.givesToOthers
    if (gives && this.#reads.size === 0 && !this.#taken?.hasWork) {
      // Parts are passed on as they come: all who do that are served at once, each as fast as its line takes them.
      turns.noteGiver()
      await this.#sender.room()
      await this.#answerPart()
      return
    }
    this.#release ??= turns.tryTake(peerId, gives) ?? (await this.#waitForTurn(gives))
    // The owner may have paused or refused the peer meanwhile.
    if (this.#ticket?.state.kind !== 'active') return
    const sent = (await this.#answerBlock()) || (await this.#answerGroup())
    if (!sent) await this.#answerPart()
    if (turns.isWanted || !this.#hasWork) await this.#endTurn()
  }

  async #waitForTurn(gives: boolean): Promise<() => void> {
    const { turns, peerId, signal, clock, wire } = this.#setup
    // That others come first must not look like a stall.
    const sign = every(clock, SIGN_OF_LIFE_MS, () =>
      wire.send({ response: { case: 'queued', value: { position: 0 } } }),
    )
    try {
      return await turns.take(peerId, signal, gives)
    } finally {
      sign.cancel()
    }
  }

  /** A turn is over when the socket has taken what was sent: before that, the line is still in use. */
  async #endTurn(): Promise<void> {
    await this.#sender.drained()
    this.#release?.()
    this.#release = undefined
  }

  #tellPlace(): void {
    const state = this.#ticket?.state
    const position = state?.kind === 'waiting' ? state.position : 0
    if (position === this.#told) return
    this.#told = position
    this.#setup.wire.send({ response: { case: 'queued', value: { position } } })
  }

  /** Sends the next whole block; false when there is none. */
  async #answerBlock(): Promise<boolean> {
    // What was asked for may have been taken back meanwhile.
    const read = this.#reads.next()
    if (!read) return false
    const { signal, buffers } = this.#setup
    const { file, index, buffer, length: reading } = read
    const sending = { file, index, isUnwanted: false }
    this.#sending = sending
    const sent: Promise<void>[] = []
    try {
      const length = await abortable(reading, signal)
      if (length === undefined) this.#files.missing(file, index)
      else await this.#sendBlock(read, length, sent)
    } finally {
      this.#sending = undefined
      // When the line breaks it is never told that the bytes are taken: the buffer is left to the garbage collector.
      void Promise.all([reading.catch(() => {}), ...sent]).then(() => buffers.give(buffer))
    }
    return true
  }

  async #sendBlock({ file, index, buffer }: BlockRead, length: number, sent: Promise<void>[]): Promise<void> {
    const given = this.#files.get(file)
    const isUnwanted = () => this.#sending?.isUnwanted === true
    if (!isUnwanted()) given?.copier?.begun(index)
    const note = (bytes: number) => this.#note(bytes, given?.cid)
    const isSent = await this.#sender.send({ file, index, buffer, length, isUnwanted, note }, sent)
    if (isSent) given?.copier?.sent(index, !this.#hasWork)
  }

  /** Sends the next group of small files; false when there is none. */
  async #answerGroup(): Promise<boolean> {
    const read = this.#taken?.next()
    if (!read) return false
    const { signal } = this.#setup
    const sent: Promise<void>[] = []
    try {
      await this.#sendGroup(read, await abortable(read.group, signal), sent)
    } finally {
      void Promise.all([read.group, ...sent]).then(
        ([group]) => this.#taken!.give(group),
        () => {},
      )
    }
    return true
  }

  async #sendGroup(
    { file, index, digest }: GroupRead,
    { sizes, buffer, length }: FileGroup,
    sent: Promise<void>[],
  ): Promise<void> {
    const isUnwanted = () => !this.#taken!.has(file)
    if (isUnwanted()) return
    this.#setup.wire.send({ file, response: { case: 'group', value: { sizes } } })
    if (length === 0) return
    const cid = cidOfDigest(RAW, digest)
    const note = (bytes: number) => this.#note(bytes, cid)
    await this.#sender.send({ file, index, buffer, length, isUnwanted, note }, sent)
  }

  async #answerPart(): Promise<void> {
    const next = await abortable(this.#parts.next(), this.#setup.signal)
    if (!next) return
    if ('missing' in next) this.#files.missing(next.missing.file, next.missing.index)
    else await this.#sendPart(next)
  }

  async #sendPart(part: WantedPart): Promise<void> {
    const { want, start, bytes, chaining } = part
    const { file, index, cid } = want
    const copier = this.#files.get(file)?.copier
    copier?.begun(index)
    await this.#sender.sendChained({ file, index, offset: start, bytes, chaining })
    this.#note(bytes.length, cid)
    const isLast = this.#parts.sent(part, this.#setup.clock.monotonic())
    if (isLast) copier?.sent(index, !this.#hasWork)
    await this.#sender.room()
  }

  #note(bytes: number, cid: string | undefined): void {
    this.#ticket?.sent(bytes, cid)
    this.#setup.onSent?.(bytes)
  }

  /** Nothing is asked for: waits. False when the line has been idle for too long. */
  async #idle(): Promise<boolean> {
    const { options } = this.#setup
    if (await this.#wait(Math.min(DECLINES_MS, options.idleStreamMs))) return true
    this.#files.idle()
    let leftMs = options.idleStreamMs - DECLINES_MS
    while (leftMs > 0) {
      const waitMs = Math.min(options.idleSlotMs, leftMs)
      if (await this.#wait(waitMs)) return true
      leftMs -= waitMs
      if (this.#ticket?.yieldIdle()) return true
    }
    return false
  }

  /** Until something happens: true; or until the time is over: false. */
  async #wait(ms: number | undefined): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>()
    const { clock, signal } = this.#setup
    signal.throwIfAborted()
    const timer = ms === undefined ? undefined : clock.schedule(() => resolve(false), ms)
    this.#wake = () => resolve(true)
    try {
      const isWoken = await promise
      signal.throwIfAborted()
      return isWoken
    } finally {
      timer?.cancel()
      this.#wake = undefined
    }
  }

  /** @throws BUSY */
  #enter(cid: string): void {
    const { slots, peerId, isTunnelled = false } = this.#setup
    slots.check(peerId)
    this.#ticket ??= slots.enter({ peerId, cid, isTunnelled }, (state) => this.#slotChanged(state))
  }

  #slotChanged({ kind }: SlotState): void {
    if (kind === 'refused' && this.#sending) this.#sending.isUnwanted = true
    this.#wake?.()
  }

  /** @throws INVALID_ARGUMENT for what is against the contract; what else is wrong the client is told */
  #takeFiles(file: number, digests: Uint8Array): void {
    const taken = this.#taken
    if (!taken) throw new ShoalError('INVALID_ARGUMENT', 'Files are not given in this way here.')
    if (taken.has(file) || this.#files.get(file))
      throw new ShoalError('INVALID_ARGUMENT', `File ${file} is open already.`)
    if (taken.open + this.#files.size >= MAX_FILES)
      throw new ShoalError('INVALID_ARGUMENT', `At most ${MAX_FILES} files may be open at once.`)
    taken.want(file, digests)
    try {
      this.#enter(cidOfDigest(RAW, digests.subarray(0, DIGEST_SIZE)))
    } catch (error) {
      taken.close(file)
      const { code, message } = toShoalError(error)
      this.#setup.wire.send({ file, response: { case: 'refused', value: { code, message } } })
    }
  }

  /** The owner refuses the peer: nothing more of what it has open. */
  #refuseAll({ code, message }: ShoalError): void {
    for (const file of [...this.#files.numbers, ...(this.#taken?.numbers ?? [])]) {
      this.#setup.wire.send({ file, response: { case: 'refused', value: { code, message } } })
      this.#close(file)
    }
    this.#leaveWhenEmpty()
  }

  #close(file: number): void {
    this.#files.close(file)
    this.#reads.close(file)
    this.#parts.close(file)
    this.#taken?.close(file)
  }

  #leaveWhenEmpty(): void {
    if (this.#files.size + (this.#taken?.open ?? 0) > 0) return
    this.#ticket?.leave()
    this.#ticket = undefined
  }

  #want(file: number, indices: readonly number[]): void {
    checkCount(indices)
    const given = this.#files.get(file)
    // Refused, and the refusal was still on its way.
    if (!given) return
    for (const index of indices) {
      checkIndex(index, given.served.blockCount)
      if (given.copier && !given.copier.claim(index)) this.#files.missing(file, index)
      else this.#reads.want({ file, index, served: given.served })
    }
    this.#checkAsked()
  }

  #wantParts(file: number, blocks: readonly { index: number; end: number }[]): void {
    checkCount(blocks)
    const given = this.#files.get(file)
    if (!given) return
    const { cid, served, copier } = given
    const atMs = this.#setup.clock.monotonic()
    for (const { index, end } of blocks) {
      checkIndex(index, served.blockCount)
      if (copier && !copier.claim(index)) this.#files.missing(file, index)
      else this.#parts.want({ file, cid, served, index, end, atMs })
    }
    this.#checkAsked()
  }

  #checkAsked(): void {
    if (this.#reads.size + this.#parts.size > MAX_ASKED)
      throw new ShoalError('INVALID_ARGUMENT', `At most ${MAX_ASKED} blocks may be asked for at once.`)
  }

  #cancel(file: number, indices: readonly number[]): void {
    checkCount(indices)
    const copier = this.#files.get(file)?.copier
    for (const index of indices) {
      if (!this.#reads.cancel(file, index)) this.#parts.cancel(file, index)
      const sending = this.#sending
      if (sending?.file === file && sending.index === index) sending.isUnwanted = true
      copier?.unclaim(index)
    }
  }
}

function checkCount(list: readonly unknown[]): void {
  if (list.length > MAX_INDICES)
    throw new ShoalError('INVALID_ARGUMENT', `At most ${MAX_INDICES} blocks fit one message.`)
}

function checkIndex(index: number, blockCount: number): void {
  if (index >= blockCount) throw new ShoalError('INVALID_ARGUMENT', `There is no block ${index}.`)
}
