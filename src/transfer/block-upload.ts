import type { MessageInitShape } from '@bufbuild/protobuf'
import type { Clock } from '../base/clock.ts'
import { ShoalError } from '../base/errors.ts'
import { abortable } from '../base/signals.ts'
import type { GetBlocksRequest, GetBlocksResponseSchema } from '../contract/gen/shoal/v1/peer_pb.ts'
import type { ServeOptions } from './options.ts'
import { MAX_INDICES } from './outbox.ts'
import { nextPartBytes, START_PART_BYTES } from './part-size.ts'
import type { ServedFile } from './served-file.ts'
import { TokenBucket } from './token-bucket.ts'
import type { SlotTicket, UploadSlots } from './upload-slots.ts'

type BlocksResponse = MessageInitShape<typeof GetBlocksResponseSchema>

/** Blocks asked for and not answered, a stream; of the contract. */
const MAX_ASKED = 1024

/** Requests of one stream: so many at once, then so many a second. A client that fetches at 1 GB/s sends one for each block. */
const REQUEST_BURST = 4096
const REQUESTS_PER_SECOND = 2048

export interface UploadSetup {
  readonly file: ServedFile
  readonly cid: string
  readonly peerId: string
  /** What the client says after it opened the file. */
  readonly requests: AsyncIterator<GetBlocksRequest>
  readonly slots: UploadSlots
  readonly clock: Clock
  readonly options: ServeOptions
  /** Aborts when the client leaves. */
  readonly signal: AbortSignal
}

interface Read {
  readonly index: number
  readonly bytes: Promise<Uint8Array | undefined>
}

/** One client's block stream on this side: waits for a slot, then sends what is asked for, reading one block ahead. */
export class BlockUpload {
  readonly #setup: UploadSetup
  /** Asked for and not answered, in order. */
  readonly #wanted = new Set<number>()
  readonly #bucket: TokenBucket
  #news: number[] = []
  #ahead: Read | undefined
  #partBytes = START_PART_BYTES
  #ended = false
  #error: unknown
  #wake: (() => void) | undefined

  constructor(setup: UploadSetup) {
    this.#setup = setup
    this.#bucket = new TokenBucket(setup.clock, REQUEST_BURST, REQUESTS_PER_SECOND)
  }

  /**
   * What to send, until the client ends.
   *
   * @throws BUSY when the queue is full; INVALID_ARGUMENT for a request against the contract; the signal's reason
   */
  async *responses(): AsyncGenerator<BlocksResponse> {
    const { file, cid, peerId, slots } = this.#setup
    const ticket = slots.enter({ peerId, cid }, () => this.#wake?.())
    const off = file.added?.on((index) => {
      this.#news.push(index)
      this.#wake?.()
    })
    void this.#readRequests()
    try {
      yield* this.#serve(ticket)
    } finally {
      ticket.leave()
      off?.()
    }
  }

  async *#serve(ticket: SlotTicket): AsyncGenerator<BlocksResponse> {
    const { options, signal } = this.#setup
    let told: number | 'opened' | undefined
    for (;;) {
      signal.throwIfAborted()
      if (this.#error !== undefined) throw this.#error
      if (this.#ended) return
      if (ticket.state.kind === 'waiting') {
        const { position } = ticket.state
        if (told === position) await this.#wait(undefined)
        else yield { response: { case: 'queued', value: { position } } }
        told = position
      } else if (told !== 'opened') {
        told = 'opened'
        yield this.#opened()
      } else if (this.#news.length > 0) {
        yield { response: { case: 'have', value: { indices: this.#news.splice(0, MAX_INDICES) } } }
      } else {
        const read = this.#nextRead()
        if (!read) {
          if (!(await this.#idle(ticket))) return
        } else {
          yield* this.#answer(read, ticket)
          ticket.rotate(options.rotateBytes)
        }
      }
    }
  }

  #opened(): BlocksResponse {
    // Bitmap and news meet without a gap: nothing happens between these two lines.
    this.#news = []
    const bitmap = this.#setup.file.has?.bytes.slice()
    return { response: { case: 'opened', value: bitmap ? { bitmap } : { complete: true } } }
  }

  async *#answer({ index, bytes: reading }: Read, ticket: SlotTicket): AsyncGenerator<BlocksResponse> {
    const { clock, signal } = this.#setup
    const bytes = await abortable(reading, signal)
    if (!bytes) {
      yield { response: { case: 'missing', value: { indices: [index] } } }
      return
    }
    let offset = 0
    do {
      const data = bytes.subarray(offset, offset + this.#partBytes)
      const startedMs = clock.monotonic()
      ticket.sent(data.length)
      yield { response: { case: 'block', value: { index, offset, data } } }
      offset += data.length
      this.#partBytes = nextPartBytes(this.#partBytes, clock.monotonic() - startedMs)
    } while (offset < bytes.length)
  }

  /** The block to send now; the one after it is being read meanwhile. */
  #nextRead(): Read | undefined {
    const now = this.#ahead ?? this.#startRead()
    this.#ahead = now && this.#startRead()
    return now
  }

  #startRead(): Read | undefined {
    const { value: index } = this.#wanted.values().next()
    if (index === undefined) return undefined
    this.#wanted.delete(index)
    const bytes = this.#setup.file.read(index)
    // Whoever waits for it hears of a failure; nobody may, when the client leaves first.
    bytes.catch(() => {})
    return { index, bytes }
  }

  /** Nothing is asked for: waits. False when the stream has been idle for too long. */
  async #idle(ticket: SlotTicket): Promise<boolean> {
    const { options } = this.#setup
    let leftMs = options.idleStreamMs
    while (leftMs > 0) {
      const waitMs = Math.min(options.idleSlotMs, leftMs)
      if (await this.#wait(waitMs)) return true
      leftMs -= waitMs
      if (ticket.yieldIdle()) return true
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

  /** Never rejects: what is wrong ends the stream. */
  async #readRequests(): Promise<void> {
    try {
      for (;;) {
        const { done, value } = await this.#setup.requests.next()
        if (done) break
        this.#take(value.request)
        this.#wake?.()
      }
    } catch (error) {
      this.#error = error
    }
    this.#ended = true
    this.#wake?.()
  }

  #take(request: GetBlocksRequest['request']): void {
    if (!this.#bucket.take()) throw new ShoalError('RATE_LIMITED')
    if (request.case === 'open') throw new ShoalError('INVALID_ARGUMENT', 'A stream is opened once.')
    if (!request.case) return
    const { indices } = request.value
    if (indices.length > MAX_INDICES) {
      throw new ShoalError('INVALID_ARGUMENT', `At most ${MAX_INDICES} blocks fit one message.`)
    }
    for (const index of indices) {
      if (request.case === 'cancel') this.#wanted.delete(index)
      else if (index < this.#setup.file.blockCount) this.#wanted.add(index)
      else throw new ShoalError('INVALID_ARGUMENT', `There is no block ${index}.`)
    }
    if (this.#wanted.size > MAX_ASKED) {
      throw new ShoalError('INVALID_ARGUMENT', `At most ${MAX_ASKED} blocks may be asked for at once.`)
    }
  }
}
