import type { Libp2p, Stream } from '@libp2p/interface'
import type { Clock } from '../../base/clock.ts'
import { ShoalError, toShoalError } from '../../base/errors.ts'
import { abortable, withDeadline } from '../../base/signals.ts'
import { decodeMessage, frame, type KadMessage, PING, readVarint } from './message.ts'
import { MAX_ANSWER_BYTES } from './options.ts'
import { type DhtPeer, dialTarget } from './peers.ts'

/** Counts what a piece of work costs; discovery's LocateCost is one. */
export interface LookupCost {
  /** Messages that went over the network, both ways. */
  messages: number
  /** Their bytes. */
  bytes: number
  /** Peers whose answer was asked for. */
  asked: number
}

/** What the caller of a piece of work hands in. */
export interface LookupContext {
  readonly signal: AbortSignal
  readonly cost: LookupCost
}

export interface ExchangeSetup {
  readonly libp2p: Libp2p
  readonly protocol: string
  readonly clock: Clock
  /** One question and its answer, connecting included, ms. */
  readonly exchangeMs: number
}

/** Asks and tells peers, a stream for each time. Answers are read up to a length, and their lists up to a number. */
export class Exchange {
  readonly #setup: ExchangeSetup

  constructor(setup: ExchangeSetup) {
    this.#setup = setup
  }

  /** @throws ShoalError UNAVAILABLE, TIMED_OUT, BAD_RESPONSE; the signal's reason */
  async ask(peer: DhtPeer, request: KadMessage, { signal, cost }: LookupContext): Promise<KadMessage> {
    cost.asked++
    return this.#with(peer, { signal, cost }, async (talk) => {
      talk.send([frame(request)])
      const answer = await talk.read()
      if (answer.type !== request.type)
        throw new ShoalError('BAD_RESPONSE', 'A peer answered something else.')
      return answer
    })
  }

  /**
   * Tells `frames` over one stream, in batches; after each the peer is pinged on the same stream. It works off a stream in order, so
   * that its answer says that it took the batch; what is told has no answers of its own.
   *
   * @throws as {@link ask}; some of the frames may have been taken
   */
  async tell(
    peer: DhtPeer,
    frames: readonly Uint8Array[],
    perAck: number,
    context: LookupContext,
  ): Promise<void> {
    await this.#with(peer, context, async (talk) => {
      for (let at = 0; at < frames.length; at += perAck) {
        talk.send([...frames.slice(at, at + perAck), frame({ type: PING })])
        const answer = await talk.read()
        if (answer.type !== PING) throw new ShoalError('BAD_RESPONSE', 'A peer answered something else.')
        talk.rest()
      }
    })
  }

  /** Whether a peer answers as a server of the DHT. */
  async ping(peer: DhtPeer, context: LookupContext): Promise<boolean> {
    try {
      await this.ask(peer, { type: PING }, context)
      return true
    } catch {
      return false
    }
  }

  async #with<T>(peer: DhtPeer, context: LookupContext, work: (talk: Talk) => Promise<T>): Promise<T> {
    const { clock, exchangeMs } = this.#setup
    let deadline = withDeadline(clock, exchangeMs, context.signal)
    let stream: Stream | undefined
    // Not only by the stream: one that has closed already takes no abort, and who reads it may wait for ever.
    const { promise: late, reject } = Promise.withResolvers<never>()
    late.catch(() => {})
    const renew = () => {
      deadline[Symbol.dispose]()
      deadline = withDeadline(clock, exchangeMs, context.signal)
      watch()
    }
    const watch = () => {
      const { signal } = deadline
      const onAbort = () => {
        stream?.abort(toShoalError(signal.reason))
        reject(signal.reason)
      }
      signal.addEventListener('abort', onAbort, { once: true })
    }
    try {
      watch()
      stream = await this.#open(peer, deadline.signal)
      // Until now there was nothing to abort.
      deadline.signal.throwIfAborted()
      const result = await Promise.race([work(new Talk(stream, context.cost, renew)), late])
      // Not waited for: the other side may take its time.
      stream.close({ signal: deadline.signal }).catch((error) => stream?.abort(error))
      return result
    } catch (error) {
      stream?.abort(toShoalError(error))
      if (context.signal.aborted) throw context.signal.reason
      if (deadline.signal.aborted) throw deadline.signal.reason
      throw error instanceof ShoalError ? error : new ShoalError('UNAVAILABLE', undefined, { cause: error })
    } finally {
      deadline[Symbol.dispose]()
    }
  }

  /** Under load libp2p has been seen to go on opening a stream after its signal had aborted, and never to end. */
  #open(peer: DhtPeer, signal: AbortSignal): Promise<Stream> {
    const { libp2p, protocol } = this.#setup
    const opening = libp2p.dialProtocol(dialTarget(peer), protocol, { signal })
    const leave = (late: Stream) => (signal.aborted ? late.abort(toShoalError(signal.reason)) : undefined)
    opening.then(leave, () => {})
    return abortable(opening, signal)
  }
}

/** One stream while it is used. */
class Talk {
  readonly #stream: Stream
  readonly #cost: LookupCost
  readonly #chunks: AsyncIterator<Uint8Array | { subarray(): Uint8Array }>
  #buffer = Buffer.alloc(0)
  /** Starts the time for an exchange anew. */
  readonly rest: () => void

  constructor(stream: Stream, cost: LookupCost, rest: () => void) {
    this.#stream = stream
    this.#cost = cost
    this.#chunks = stream[Symbol.asyncIterator]()
    this.rest = rest
  }

  /** All at once: a batch is no more than a few kilobytes, and the next waits for an answer. */
  send(frames: readonly Uint8Array[]): void {
    for (const each of frames) {
      this.#cost.messages++
      this.#cost.bytes += each.length
    }
    this.#stream.send(Buffer.concat(frames))
  }

  async read(): Promise<KadMessage> {
    for (;;) {
      const size = readVarint(this.#buffer, 0)
      if (size && size.value > MAX_ANSWER_BYTES)
        throw new ShoalError('BAD_RESPONSE', 'A DHT message is too long.')
      if (size && this.#buffer.length >= size.end + size.value) {
        const end = size.end + size.value
        const message = decodeMessage(this.#buffer.subarray(size.end, end))
        this.#buffer = this.#buffer.subarray(end)
        this.#cost.messages++
        this.#cost.bytes += end
        return message
      }
      const { value, done } = await this.#chunks.next()
      if (done) throw new ShoalError('UNAVAILABLE', 'The peer ended the stream without an answer.')
      this.#buffer = Buffer.concat([this.#buffer, value.subarray()])
    }
  }
}
