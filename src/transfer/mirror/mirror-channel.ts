import type { IncomingMessage } from 'node:http'
import { ShoalError, toShoalError } from '../../base/errors.ts'
import { linkSignals } from '../../base/signals.ts'
import type { Gate } from '../limits/gates.ts'
import type { BlockChannel, ChannelListener } from '../line/channel.ts'
import { SourceFault } from '../source-fault.ts'
import type { ByteRange } from './answer.ts'
import { BlockRun } from './block-run.ts'
import type { MirrorHost } from './mirror-host.ts'
import { unreachable } from './mirror-http.ts'

export interface MirrorChannelSetup {
  /** For people. */
  readonly address: string
  readonly sizeBytes: number
  readonly listener: ChannelListener
  readonly host: MirrorHost
  readonly gate: Gate
  /** An answer that begins with these bytes, its body paused. @throws as MirrorHttp.get and sizeFromAnswer */
  readonly ask: (range: ByteRange, signal: AbortSignal) => Promise<IncomingMessage>
}

/** Requests of one file that run or wait for their turn. */
const MAX_RUNS = 3

/** One file at one mirror: neighbouring blocks become one request each, and what comes goes straight to where blocks are put together. */
export class MirrorChannel implements BlockChannel {
  readonly road = undefined
  readonly address: string
  readonly #setup: MirrorChannelSetup
  readonly #wanted = new Set<number>()
  readonly #runs = new Map<BlockRun, () => void>()
  /** Runs that wait for their turn. */
  #queued = 0
  /** Pieces that came and have not passed the gate. */
  #held = 0
  readonly #over = linkSignals()
  #pumpPlanned = false

  constructor(setup: MirrorChannelSetup) {
    this.#setup = setup
    this.address = setup.address
  }

  get isHeld(): boolean {
    return this.#held > 0 || (this.#queued > 0 && this.#queued === this.#runs.size)
  }

  /** To be called when whoever opened it is ready to hear. */
  start(): void {
    if (this.#over.signal.aborted) return
    const { listener, sizeBytes } = this.#setup
    this.#guard(() =>
      listener.opened({ complete: true, bitmap: new Uint8Array(), sizeBytes: BigInt(sizeBytes) }),
    )
  }

  want(indices: readonly number[]): void {
    for (const index of indices) this.#wanted.add(index)
    this.#planPump()
  }

  cancel(indices: readonly number[]): void {
    for (const index of indices) {
      if (this.#wanted.delete(index)) continue
      for (const [run, abort] of this.#runs) {
        run.skip(index)
        if (run.isUseless) abort()
      }
    }
  }

  /** A mirror knows no chaining values. */
  wantParts(): void {
    throw new Error('a mirror is asked for whole blocks')
  }

  showAll(): void {}

  close(): void {
    if (this.#over.signal.aborted) return
    this.#over.abort()
    this.#wanted.clear()
    this.#setup.gate.close()
  }

  /** What is wanted in one turn of the event loop is asked for together. */
  #planPump(): void {
    if (this.#pumpPlanned) return
    this.#pumpPlanned = true
    queueMicrotask(() => {
      this.#pumpPlanned = false
      this.#pump()
    })
  }

  #pump(): void {
    while (this.#wanted.size > 0 && this.#runs.size < MAX_RUNS && !this.#over.signal.aborted)
      void this.#fetch(BlockRun.takeFrom(this.#wanted, this.#setup.sizeBytes))
  }

  /** Never rejects. */
  async #fetch(run: BlockRun): Promise<void> {
    using linked = linkSignals(this.#over.signal)
    const { signal } = linked
    this.#runs.set(run, () => linked.abort())
    let release: (() => void) | undefined
    try {
      release = await this.#turn(signal)
      await this.#read(await this.#setup.ask(run.range, signal), run, signal)
    } catch (error) {
      if (!signal.aborted) this.#end(toShoalError(error, 'UNAVAILABLE'))
    } finally {
      release?.()
      this.#runs.delete(run)
      this.#planPump()
    }
  }

  async #turn(signal: AbortSignal): Promise<() => void> {
    this.#queued++
    try {
      return await this.#setup.host.turn('data', signal)
    } finally {
      this.#queued--
    }
  }

  /** Resolves when the run has come. @throws what broke it off */
  async #read(response: IncomingMessage, run: BlockRun, signal: AbortSignal): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    // With a length the end comes with the last byte, and the connection is free for the next request then. Without one nobody knows whether more
    // would come, and nothing more is wanted.
    const hasLength = response.headers['content-length'] !== undefined
    const over = () => {
      if (run.leftBytes === 0) resolve()
      else reject(new ShoalError('UNAVAILABLE', 'it broke off in the middle'))
    }
    response.on('data', (chunk: Buffer) => {
      try {
        signal.throwIfAborted()
        this.#pass(chunk.length, response)
        this.#take(chunk, run, signal)
        if (run.leftBytes === 0 && !hasLength) resolve()
      } catch (error) {
        reject(error)
      }
    })
    response.on('error', (error) => reject(unreachable(error)))
    response.on('end', over).on('close', over)
    try {
      await promise
      if (!hasLength) response.destroy()
    } catch (error) {
      response.destroy()
      throw error
    }
  }

  #take(chunk: Uint8Array, run: BlockRun, signal: AbortSignal): void {
    const { listener } = this.#setup
    let at = 0
    while (at < chunk.length && !signal.aborted) {
      if (run.leftBytes === 0)
        throw new SourceFault('BAD_RESPONSE', 'it sends more bytes than those that were asked for')
      let count = Math.min(run.roomInBlock, chunk.length - at)
      if (run.isSkipped) run.position += count
      else {
        const place = listener.place(run.index, run.offset, count)
        count = place.length
        place.set(chunk.subarray(at, at + count))
        run.position += count
        listener.placed(count)
      }
      at += count
    }
  }

  /** Reads no more until what came may have come. */
  #pass(bytes: number, response: IncomingMessage): void {
    const { gate } = this.#setup
    if (gate.tryTake(bytes)) return
    this.#held++
    response.pause()
    const passed = () => {
      this.#held--
      response.resume()
    }
    gate.take(bytes, this.#over.signal).then(passed, passed)
  }

  #guard(tell: () => void): void {
    try {
      tell()
    } catch (error) {
      this.#end(toShoalError(error))
    }
  }

  #end(error: ShoalError): void {
    if (this.#over.signal.aborted) return
    this.close()
    this.#setup.listener.ended(error)
  }
}
