import { type Clock, every } from '../base/clock.ts'
import { ShoalError, toShoalError } from '../base/errors.ts'
import { abortable } from '../base/signals.ts'
import { MIB } from '../base/units.ts'
import { cidFromBytes } from '../content/cid.ts'
import type { GetBlocksRequest } from '../contract/gen/shoal/v1/peer_pb.ts'
import { Bitmap } from './bitmap.ts'
import type { BufferPool } from './buffer-pool.ts'
import type { Gate } from './limits/gates.ts'
import { MAX_ASKED, MAX_FILES, MAX_INDICES } from './line/channel.ts'
import { type GiverWire, HEADROOM_BYTES, type OutgoingPart } from './line/giver-wire.ts'
import type { ServeOptions } from './options.ts'
import { nextPartBytes, START_PART_BYTES } from './part-size.ts'
import type { Provider } from './ports.ts'
import type { Rendezvous } from './rendezvous.ts'
import type { ServedFile } from './served-file.ts'
import type { Share, Spread } from './spread.ts'
import { TokenBucket } from './token-bucket.ts'
import type { SlotTicket, UploadSlots } from './upload-slots.ts'
import type { UploadTurns } from './upload-turns.ts'

/** Requests of one line: so many at once, then so many a second. A client that fetches small files at full speed sends two for each. */
const REQUEST_BURST = 16_384
const REQUESTS_PER_SECOND = 65_536

/** What is read ahead of the block that is being sent: so many bytes and at least one block, but no more than so many (small files). */
const READ_AHEAD_BYTES = 2 * MIB
const READ_AHEAD_BLOCKS = 64

/** So many parts' worth of bytes may wait in the socket: one is encrypted while the one before goes out. */
const PARTS_IN_SOCKET = 2

/** What is believed of an introduction: as much as of a peer record. */
const MAX_ADDRESSES = 10
const MAX_ADDRESS_LENGTH = 256
const MAX_NAME_LENGTH = 64

/** Whoever waits for its turn hears this often that it is not forgotten, ms: less than what receivers take for a stall. */
const SIGN_OF_LIFE_MS = 2000

export interface GiverSetup {
  readonly peerId: string
  readonly wire: GiverWire
  /** What this node has of a CID. @throws NOT_FOUND */
  readonly fileOf: (cid: string) => ServedFile
  readonly slots: UploadSlots
  readonly buffers: BufferPool
  /** What is sent passes here. */
  readonly gate: Gate
  readonly clock: Clock
  readonly options: ServeOptions
  /** Where those meet who fetch the same file. */
  readonly rendezvous: Pick<Rendezvous, 'join'>
  readonly spread: Pick<Spread, 'join'>
  /** Who sends a block next, of all lines. */
  readonly turns: UploadTurns
  /** Aborts when the client leaves. */
  readonly signal: AbortSignal
}

interface OpenFile {
  readonly cid: string
  readonly file: ServedFile
  /** Blocks that became available and were not told yet. */
  news: number[]
  readonly off: (() => void) | undefined
  /** Is not known to the other takers any more. */
  readonly leave: (() => void) | undefined
  readonly share: Share | undefined
}

interface Want {
  readonly file: number
  readonly index: number
}

interface Read extends Want {
  readonly buffer: Uint8Array
  readonly bytes: number
  /** Bytes read; undefined when the block cannot be given. */
  readonly length: Promise<number | undefined>
}

/** Answers one line of a peer that takes: waits for a slot, then sends what is asked for, reading ahead. */
export class Giver {
  readonly #setup: GiverSetup
  readonly #files = new Map<number, OpenFile>()
  /** Asked for and not being read, in order; by {@link keyOf}. */
  readonly #wanted = new Map<number, Want>()
  readonly #reads: Read[] = []
  #readingBytes = 0
  readonly #bucket: TokenBucket
  /** Bytes handed to the wire and not taken yet. */
  #sendingBytes = 0
  #ticket: SlotTicket | undefined
  /** Ends the turn that this line has; undefined while it has none. */
  #release: (() => void) | undefined
  /** The client as a source for others; undefined while it has not introduced itself. */
  #self: Provider | undefined
  #told = 0
  #hasNews = false
  #partBytes = START_PART_BYTES
  #error: unknown
  #ended = false
  #wake: (() => void) | undefined

  constructor(setup: GiverSetup) {
    this.#setup = setup
    this.#bucket = new TokenBucket(setup.clock, REQUEST_BURST, REQUESTS_PER_SECOND)
  }

  /**
   * Takes a request.
   *
   * @throws ShoalError INVALID_ARGUMENT, RATE_LIMITED for one against the contract; the line is to be ended then
   */
  take({ file, request }: GetBlocksRequest): void {
    try {
      if (!this.#bucket.take()) throw new ShoalError('RATE_LIMITED')
      if (request.case === 'open') this.#open(file, request.value.cid)
      else if (request.case === 'close') this.#close(file)
      else if (request.case === 'want') this.#want(file, request.value.indices)
      else if (request.case === 'cancel') this.#cancel(file, request.value.indices)
      else if (request.case === 'introduction') this.#introduce(request.value)
      this.#wake?.()
    } catch (error) {
      this.fail(error)
      throw error
    }
  }

  /** Ends {@link run}. */
  fail(error: unknown): void {
    this.#error ??= error
    this.#wake?.()
  }

  /** The client says nothing more: {@link run} returns. */
  end(): void {
    this.#ended = true
    this.#wake?.()
  }

  /** Sends until the client has gone or is idle for too long. @throws ShoalError what the client did wrong; the signal's reason */
  async run(): Promise<void> {
    try {
      await this.#serve()
    } finally {
      this.#release?.()
      this.#setup.gate.close()
      this.#ticket?.leave()
      const reads = this.#reads.splice(0)
      await Promise.allSettled(reads.map(({ length }) => length))
      for (const { buffer } of reads) this.#setup.buffers.give(buffer)
      for (const number of [...this.#files.keys()]) this.#forget(number)
    }
  }

  async #serve(): Promise<void> {
    const { options, signal, wire } = this.#setup
    for (;;) {
      signal.throwIfAborted()
      if (this.#error !== undefined) throw this.#error
      if (this.#ended) return
      this.#tellPlace()
      if (this.#hasNews) this.#tellNews()
      const isReady =
        this.#ticket?.state.kind === 'active' && (this.#reads.length > 0 || this.#wanted.size > 0)
      if (isReady) {
        await this.#takeTurn(wire)
        this.#ticket?.rotate(options.rotateBytes)
      } else if (this.#ticket?.state.kind === 'waiting') await this.#wait(undefined)
      else if (!(await this.#idle())) return
    }
  }

  /** Sends one block, when it is this line's turn. The turn is kept while nobody else wants one. */
  async #takeTurn(wire: GiverWire): Promise<void> {
    const { turns, peerId } = this.#setup
    this.#release ??= turns.tryTake(peerId) ?? (await this.#waitForTurn(wire))
    // What was asked for may have been taken back meanwhile.
    const read = this.#nextRead()
    if (read) await this.#answer(read, wire)
    if (turns.isWanted || (this.#reads.length === 0 && this.#wanted.size === 0)) await this.#endTurn()
  }

  async #waitForTurn(wire: GiverWire): Promise<() => void> {
    const { turns, peerId, signal, clock } = this.#setup
    // That others come first must not look like a stall.
    const sign = every(clock, SIGN_OF_LIFE_MS, () =>
      wire.send({ response: { case: 'queued', value: { position: 0 } } }),
    )
    try {
      return await turns.take(peerId, signal)
    } finally {
      sign.cancel()
    }
  }

  /** A turn is over when the socket has taken what was sent: before that, the line is still in use. */
  async #endTurn(): Promise<void> {
    while (this.#sendingBytes > 0 && !this.#isOver) await this.#wait(undefined)
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

  #tellNews(): void {
    this.#hasNews = false
    for (const [file, { news }] of this.#files)
      while (news.length > 0) {
        const indices = news.splice(0, MAX_INDICES)
        this.#setup.wire.send({ file, response: { case: 'have', value: { indices } } })
      }
  }

  /** The block to send now; those after it are being read meanwhile. */
  #nextRead(): Read | undefined {
    while (this.#readingBytes < READ_AHEAD_BYTES && this.#reads.length < READ_AHEAD_BLOCKS) {
      const read = this.#startRead()
      if (!read) break
      this.#readingBytes += read.bytes
      this.#reads.push(read)
    }
    const next = this.#reads.shift()
    this.#readingBytes -= next?.bytes ?? 0
    return next
  }

  #startRead(): Read | undefined {
    for (const [key, { file: number, index }] of this.#wanted) {
      this.#wanted.delete(key)
      const open = this.#files.get(number)
      if (!open) continue
      const bytes = open.file.sizeOf(index)
      const buffer = this.#setup.buffers.take(HEADROOM_BYTES + bytes)
      const length = open.file.readInto(index, buffer.subarray(HEADROOM_BYTES))
      // Whoever waits for it hears of a failure; nobody may, when the client leaves first.
      length.catch(() => {})
      return { file: number, index, bytes, buffer, length }
    }
    return undefined
  }

  async #answer({ file, index, buffer, length: reading }: Read, wire: GiverWire): Promise<void> {
    const { clock, signal, buffers, gate } = this.#setup
    const sent: Promise<void>[] = []
    try {
      const length = await abortable(reading, signal)
      if (length === undefined) {
        wire.send({ file, response: { case: 'missing', value: { indices: [index] } } })
        return
      }
      let offset = 0
      do {
        const part = Math.min(this.#partBytes, gate.pieceBytes(), length - offset)
        if (!gate.tryTake(part)) await gate.take(part, signal)
        const startedMs = clock.monotonic()
        this.#ticket?.sent(part, this.#files.get(file)?.cid)
        sent.push(this.#send(wire, { file, index, offset, buffer, length: part }))
        while (this.#sendingBytes >= PARTS_IN_SOCKET * this.#partBytes && !this.#isOver)
          await this.#wait(undefined)
        if (this.#isOver) return
        offset += part
        this.#partBytes = nextPartBytes(this.#partBytes, clock.monotonic() - startedMs)
      } while (offset < length)
      this.#files.get(file)?.share?.sent(index)
    } finally {
      // When the line breaks it is never told that the bytes are taken: the buffer is left to the garbage collector.
      void Promise.all([reading.catch(() => {}), ...sent]).then(() => buffers.give(buffer))
    }
  }

  /** The client has gone or did wrong: nothing of what is on its way will be taken. */
  get #isOver(): boolean {
    return this.#ended || this.#error !== undefined
  }

  async #send(wire: GiverWire, part: OutgoingPart): Promise<void> {
    this.#sendingBytes += part.length
    await wire.sendPart(part)
    this.#sendingBytes -= part.length
    this.#wake?.()
  }

  /** Nothing is asked for: waits. False when the line has been idle for too long. */
  async #idle(): Promise<boolean> {
    const { options } = this.#setup
    let leftMs = options.idleStreamMs
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
    const timer = ms === undefined ? undefined : this.#setup.clock.schedule(() => resolve(false), ms)
    this.#wake = () => resolve(true)
    try {
      return await abortable(promise, this.#setup.signal)
    } finally {
      timer?.cancel()
      this.#wake = undefined
    }
  }

  #open(number: number, cidBytes: Uint8Array): void {
    if (this.#files.has(number)) throw new ShoalError('INVALID_ARGUMENT', `File ${number} is open already.`)
    if (this.#files.size >= MAX_FILES)
      throw new ShoalError('INVALID_ARGUMENT', `At most ${MAX_FILES} files may be open at once.`)
    try {
      const cid = cidFromBytes(cidBytes)
      this.#ticket ??= this.#enter(cid)
      const file = this.#setup.fileOf(cid)
      const off = file.added?.on((index) => this.#note(open, index))
      const share = this.#share(cid, file, (indices) => {
        for (const index of indices) this.#note(open, index)
      })
      const open: OpenFile = { cid, file, news: [], off, leave: this.#meet(number, cid, file), share }
      this.#files.set(number, open)
      // Bitmap and news meet without a gap: nothing happens between these two.
      const bitmap = share?.first ? bitmapOf(share.first, file.blockCount) : file.has?.bytes.slice()
      const value = { ...(bitmap ? { bitmap } : { complete: true }), sizeBytes: BigInt(file.sizeBytes) }
      this.#setup.wire.send({ file: number, response: { case: 'opened', value } })
    } catch (error) {
      const { code, message } = toShoalError(error)
      this.#setup.wire.send({ file: number, response: { case: 'refused', value: { code, message } } })
    }
    this.#leaveWhenEmpty()
  }

  /** What the client is shown of a file that others fetch, too. Only of use when it passes on what it gets. */
  #share(cid: string, file: ServedFile, show: (indices: Iterable<number>) => void): Share | undefined {
    if (!this.#self || this.#self.addresses.length === 0) return undefined
    return this.#setup.spread.join(cid, file, {
      show,
      showAll: () => show(Bitmap.full(file.blockCount).indices()),
    })
  }

  /** The client is reached there, as far as that can be believed: who it is, the link has proved. */
  #introduce({ name, addresses }: { name: string; addresses: readonly string[] }): void {
    const fits = (text: string) => text.length <= MAX_ADDRESS_LENGTH
    this.#self = {
      peerId: this.#setup.peerId,
      name: name.slice(0, MAX_NAME_LENGTH),
      addresses: addresses.filter(fits).slice(0, MAX_ADDRESSES),
    }
  }

  /** Makes the client known to others who fetch the file. Of one block nobody has a part. */
  #meet(number: number, cid: string, { blockCount }: ServedFile): (() => void) | undefined {
    const { rendezvous, wire } = this.#setup
    if (!this.#self || this.#self.addresses.length === 0 || blockCount < 2) return undefined
    return rendezvous.join(cid, this.#self, (peers) => {
      const takers = peers.map(({ peerId, name, addresses }) => ({ peerId, name, addresses: [...addresses] }))
      wire.send({ file: number, response: { case: 'takers', value: { takers } } })
    })
  }

  #enter(cid: string): SlotTicket {
    const { slots, peerId } = this.#setup
    return slots.enter({ peerId, cid }, () => this.#wake?.())
  }

  #note(open: OpenFile, index: number): void {
    open.news.push(index)
    this.#hasNews = true
    this.#wake?.()
  }

  #close(number: number): void {
    this.#forget(number)
    this.#leaveWhenEmpty()
  }

  #forget(number: number): void {
    const open = this.#files.get(number)
    if (!open) return
    open.off?.()
    open.leave?.()
    open.share?.leave()
    open.file.release()
    this.#files.delete(number)
  }

  #leaveWhenEmpty(): void {
    if (this.#files.size > 0) return
    this.#wanted.clear()
    this.#ticket?.leave()
    this.#ticket = undefined
  }

  #want(number: number, indices: readonly number[]): void {
    const open = this.#files.get(number)
    checkCount(indices)
    // Refused, and the refusal was still on its way.
    if (!open) return
    for (const index of indices) {
      if (index >= open.file.blockCount)
        throw new ShoalError('INVALID_ARGUMENT', `There is no block ${index}.`)
      this.#wanted.set(keyOf(number, index), { file: number, index })
    }
    if (this.#wanted.size > MAX_ASKED)
      throw new ShoalError('INVALID_ARGUMENT', `At most ${MAX_ASKED} blocks may be asked for at once.`)
  }

  #cancel(number: number, indices: readonly number[]): void {
    checkCount(indices)
    for (const index of indices) if (!this.#wanted.delete(keyOf(number, index))) this.#dropRead(number, index)
  }

  /** A block that is being read ahead is not wanted any more. */
  #dropRead(number: number, index: number): void {
    const at = this.#reads.findIndex((read) => read.file === number && read.index === index)
    if (at === -1) return
    const [{ bytes, buffer, length }] = this.#reads.splice(at, 1) as [Read]
    this.#readingBytes -= bytes
    const give = () => this.#setup.buffers.give(buffer)
    length.then(give, give)
  }
}

function checkCount(indices: readonly number[]): void {
  if (indices.length > MAX_INDICES)
    throw new ShoalError('INVALID_ARGUMENT', `At most ${MAX_INDICES} blocks fit one message.`)
}

function bitmapOf(indices: readonly number[], blockCount: number): Uint8Array {
  const bitmap = new Bitmap(blockCount)
  for (const index of indices) bitmap.add(index)
  return bitmap.bytes
}

/** One number for a block of a file: 2^21 is more than the blocks of the largest file, and both fit a double. */
function keyOf(file: number, index: number): number {
  return file * 2 ** 21 + index
}
