import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import type { FastifyReply } from 'fastify'
import { type Clock, every, sleep } from '../../base/clock.ts'
import { ShoalError } from '../../base/errors.ts'
import type { Logger } from '../../base/log.ts'
import { abortable, type LinkedSignal, linkSignals } from '../../base/signals.ts'
import { problemOf } from '../problem.ts'
import { clientSignal } from './client-signal.ts'
import type { Framing } from './framing.ts'

export interface StreamOptions {
  /** Most streams open at once, over all clients. Default 64; one more is refused with BUSY. */
  maxStreams: number
  /**
   * How long the head of the answer waits for the first event, ms, so that an early failure still gets its
   * own status. Default 1000. Longer would make clients with a limit for the head give up on slow work.
   */
  headGraceMs: number
  /**
   * Silence after which a sign of life is sent, ms. Default 15 000: below the idle limit of usual proxies (30
   * to 60 s).
   */
  keepAliveMs: number
}

export const DEFAULT_STREAM_OPTIONS: StreamOptions = {
  maxStreams: 64,
  headGraceMs: 1000,
  keepAliveMs: 15_000,
}

export interface StreamSource<T> {
  readonly framing: Framing<T>
  /** The events. The signal aborts when the client leaves or the server stops. */
  open(signal: AbortSignal): AsyncIterable<T>
  /** What to send when it fails after the head; undefined = end there. */
  failure?(error: { code: string; message: string }): T
  /** Send the head at once, for streams that may be silent for long. */
  headAtOnce?: boolean
}

/** Answers that go on for a while: one place that knows of all, so that they can be counted and ended. */
export class StreamHub {
  readonly #clock: Clock
  readonly #log: Logger
  readonly #options: StreamOptions
  readonly #open = new Set<LinkedSignal>()
  #stopped = false

  constructor({ clock, log, options }: { clock: Clock; log: Logger; options?: Partial<StreamOptions> }) {
    this.#clock = clock
    this.#log = log
    this.#options = { ...DEFAULT_STREAM_OPTIONS, ...options }
  }

  get size(): number {
    return this.#open.size
  }

  /**
   * Streams `source` as the answer, no faster than the client reads. A failure before the head is thrown and
   * becomes an ordinary problem answer; later ones become the last event. Resolves when the answer is over.
   *
   * @throws ShoalError BUSY at the limit of open streams, and whatever `source` throws before the head
   */
  async send<T>(reply: FastifyReply, source: StreamSource<T>): Promise<FastifyReply> {
    if (this.#stopped) throw new ShoalError('UNAVAILABLE', 'The node is stopping.')
    if (this.#open.size >= this.#options.maxStreams)
      throw new ShoalError(
        'BUSY',
        `${this.#open.size} streams are open already. Close one, or try again later.`,
      )
    using life = clientSignal(reply.raw)
    this.#open.add(life)
    try {
      await this.#run(reply, source, life.signal)
      return reply
    } finally {
      this.#open.delete(life)
      life.abort()
    }
  }

  async #run<T>(reply: FastifyReply, source: StreamSource<T>, signal: AbortSignal): Promise<void> {
    const iterator = source.open(signal)[Symbol.asyncIterator]()
    let leftEarly = true
    try {
      let next = abortable(iterator.next(), signal)
      // The race may be lost before `next` fails; its error is taken up below.
      next.catch(() => undefined)
      if (!source.headAtOnce) await this.#grace(next, signal)
      const raw = writeHead(reply, source.framing.contentType)
      using _pulse = this.#keepAlive(raw, source.framing.keepAlive)
      try {
        for (let result = await next; !result.done; result = await next) {
          await write(raw, source.framing.frame(result.value), signal)
          next = abortable(iterator.next(), signal)
          next.catch(() => undefined)
        }
        leftEarly = false
      } catch (error) {
        const { code, detail } = problemOf(error)
        if (code === 'INTERNAL') this.#log.error({ err: error, url: reply.request.url }, 'a stream failed')
        // Not waiting for room: the client is still there, and this is the last of it.
        if (!raw.destroyed && source.failure)
          raw.write(source.framing.frame(source.failure({ code, message: detail })))
      } finally {
        raw.end()
      }
    } finally {
      // Not awaited: what ignores its signal must not hold the answer.
      if (leftEarly) iterator.return?.().then(undefined, () => undefined)
    }
  }

  /** Waits for the first event, at most so long; throws its error. */
  async #grace(first: Promise<unknown>, signal: AbortSignal): Promise<void> {
    using waiting = linkSignals(signal)
    const timer = sleep(this.#clock, this.#options.headGraceMs, waiting.signal)
    timer.catch(() => undefined)
    try {
      await Promise.race([first, timer])
    } finally {
      waiting.abort()
    }
  }

  #keepAlive(raw: ServerResponse, text: string): Disposable {
    const timer = every(this.#clock, this.#options.keepAliveMs, () => {
      // What is still waiting to go out is sign enough.
      if (!raw.destroyed && raw.writableLength === 0) raw.write(text)
    })
    return { [Symbol.dispose]: () => timer.cancel() }
  }

  /** Ends every open stream and refuses new ones. */
  stop(): void {
    this.#stopped = true
    for (const life of this.#open) life.abort(new ShoalError('UNAVAILABLE', 'The node is stopping.'))
  }
}

/** Takes the answer out of Fastify's hands, with the headers that hooks have set. */
function writeHead(reply: FastifyReply, contentType: string): ServerResponse {
  reply.hijack()
  reply.raw.writeHead(200, { ...(reply.getHeaders() as Record<string, string>), 'content-type': contentType })
  reply.raw.flushHeaders()
  return reply.raw
}

async function write(raw: ServerResponse, text: string, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted()
  if (!raw.write(text)) await once(raw, 'drain', { signal })
}

/** For streams whose objects carry `event`: the last one of a failed stream. */
export const failureEvent = ({ code, message }: { code: string; message: string }) => ({
  event: 'error',
  code,
  message,
})
