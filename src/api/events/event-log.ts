import type { Emitter } from '../../base/events.ts'
import type { Logger } from '../../base/log.ts'
import { BoundedQueue } from '../../base/queue.ts'
import type { NodeEvent } from '../node-port.ts'
import type { ServerSentEvent } from './framing.ts'

export interface EventLogOptions {
  /** Events kept for clients that come back. Default 1000: some minutes of a busy node. */
  kept: number
  /**
   * Events that may wait for one slow client. Default 256; then its stream ends, and it comes back with its
   * last id.
   */
  queued: number
}

export const DEFAULT_EVENT_LOG_OPTIONS: EventLogOptions = { kept: 1000, queued: 256 }

/** Events that only the owner is told of: they have words that he looks for, and what is kept for whom. */
const SECRET: ReadonlySet<string> = new Set(['wish', 'replica'])

/**
 * The node's events, numbered, the last ones kept: a client that lost its connection asks with the id of the
 * last event it saw and misses nothing. Ids are `RUN-NUMBER`; RUN differs from one start of the node to the
 * next.
 */
export class EventLog {
  readonly #run: string
  readonly #options: EventLogOptions
  readonly #log: Logger
  readonly #kept: ServerSentEvent[] = []
  readonly #readers = new Set<BoundedQueue<ServerSentEvent>>()
  readonly #release: () => void
  #last = 0

  /** @param run tells this start of the node from every other */
  constructor(
    events: Emitter<NodeEvent>,
    { run, log, options = {} }: { run: string; log: Logger; options?: Partial<EventLogOptions> },
  ) {
    this.#run = run
    this.#log = log
    this.#options = { ...DEFAULT_EVENT_LOG_OPTIONS, ...options }
    this.#release = events.on((event) => this.#take(event))
  }

  #take({ type, data }: NodeEvent): void {
    let json: string | undefined
    try {
      json = JSON.stringify(data)
    } catch (error) {
      this.#log.error({ err: error, type }, 'an event is not JSON')
    }
    // A line end in the name would start a field of its own.
    if (json === undefined || /[\r\n]/.test(type)) return
    const event = { id: `${this.#run}-${++this.#last}`, event: type, data: json }
    this.#kept.push(event)
    if (this.#kept.length > this.#options.kept) this.#kept.shift()
    for (const reader of this.#readers) if (!reader.tryPush(event)) reader.close()
  }

  /**
   * Events after `lastId`, then new ones as they come; without it only new ones. When some in between are
   * lost, or the id is of another run, `reset` comes first: what the client knows may be out of date. Ends
   * when the client is too slow.
   *
   * @param isOwner who reads may know what is nobody else's business
   */
  async *read(
    lastId: string | undefined,
    { signal, isOwner }: { signal: AbortSignal; isOwner: boolean },
  ): AsyncIterable<ServerSentEvent> {
    for await (const event of this.#all(lastId, signal)) if (isOwner || !SECRET.has(event.event)) yield event
  }

  async *#all(lastId: string | undefined, signal: AbortSignal): AsyncIterable<ServerSentEvent> {
    const queue = new BoundedQueue<ServerSentEvent>(this.#options.queued)
    const missed = lastId === undefined ? [] : this.#after(lastId)
    const onAbort = () => queue.close()
    signal.addEventListener('abort', onAbort, { once: true })
    this.#readers.add(queue)
    try {
      if (signal.aborted) return
      if (missed === undefined) yield { id: `${this.#run}-${this.#last}`, event: 'reset', data: '{}' }
      else yield* missed
      yield* queue
    } finally {
      this.#readers.delete(queue)
      signal.removeEventListener('abort', onAbort)
    }
  }

  /** What is kept after the id; undefined when that cannot be told any more. */
  #after(lastId: string): ServerSentEvent[] | undefined {
    const dash = lastId.lastIndexOf('-')
    const number = Number(lastId.slice(dash + 1))
    const known = lastId.slice(0, dash) === this.#run && /^\d{1,15}$/.test(lastId.slice(dash + 1))
    const missing = this.#last - number
    if (!known || missing < 0 || missing > this.#kept.length) return undefined
    return this.#kept.slice(this.#kept.length - missing)
  }

  /** Clients that read now. */
  get readers(): number {
    return this.#readers.size
  }

  /** Lets go of the node's events and ends all readers. */
  close(): void {
    this.#release()
    for (const reader of this.#readers) reader.close()
  }

  /** For people who look for a fault. */
  getDebugState(): Record<string, unknown> {
    return { run: this.#run, last: this.#last, kept: this.#kept.length, readers: this.#readers.size }
  }
}
