import { type ErrorExtra, ShoalError } from '../base/errors.ts'
import { Limiter } from '../base/limiter.ts'
import type { Logger } from '../base/log.ts'
import { openDatabase } from '../storage/database.ts'
import type { FindRequest, FindResult } from './records.ts'
import { INDEX_MIGRATIONS } from './schema.ts'
import { Thread } from './thread.ts'
import type { ReaderCalls, WriterCalls } from './thread-protocol.ts'

/** Searches handed to one thread ahead of time, so that it never waits for the next. */
const SEARCHES_PER_THREAD = 2

export interface IndexStoreOptions {
  readonly path: string
  readonly log: Logger
  readonly searchThreads: number
  readonly maxWaitingSearches: number
}

/**
 * The index database with the threads that work on it: one writes, the others search. A search that is made after
 * {@link setLive} resolved, or even after it was called, sees that change.
 */
export class IndexStore {
  readonly writer: Thread<WriterCalls>
  readonly #readers: Thread<ReaderCalls>[]
  readonly #limiter: Limiter
  readonly #maxWaiting: number

  /** Opens or makes the database. Errors as openDatabase. */
  constructor({ path, log, searchThreads, maxWaitingSearches }: IndexStoreOptions) {
    // Migrations and the check for damage belong to the start, before any thread looks at the file.
    openDatabase(path, INDEX_MIGRATIONS, log).close()
    const onGone = (err: unknown) =>
      log.fatal({ err }, 'a database thread ended; the index server must be restarted')
    this.writer = new Thread({ path, role: 'writer' }, onGone)
    this.#readers = Array.from({ length: searchThreads }, () => new Thread({ path, role: 'reader' }, onGone))
    this.#limiter = new Limiter(searchThreads * SEARCHES_PER_THREAD)
    this.#maxWaiting = maxWaitingSearches
  }

  /** Changes, for all searches from now on, which shelves are found. */
  async setLive(change: { add?: readonly number[]; remove?: readonly number[] }): Promise<void> {
    await Promise.all(
      this.#readers.map((reader) => reader.call('setLive', change.add ?? [], change.remove ?? [])),
    )
  }

  /** @throws ShoalError BUSY when too many searches wait already; the signal's reason when it aborts first */
  find(request: FindRequest, signal?: AbortSignal): Promise<FindResult> {
    return this.#read((reader) => reader.call('find', request), signal)
  }

  /** Shelves that hold a CID. Errors as {@link find}. */
  holders(request: { cid: string; limit: number; seed: number }, signal?: AbortSignal): Promise<number[]> {
    return this.#read((reader) => reader.call('holders', request.cid, request.limit, request.seed), signal)
  }

  get waitingSearches(): number {
    return this.#limiter.waiting
  }

  async close(): Promise<void> {
    await Promise.all(this.#readers.map((reader) => reader.close()))
    await this.writer.close()
  }

  #read<T>(ask: (reader: Thread<ReaderCalls>) => Promise<T>, signal?: AbortSignal): Promise<T> {
    if (this.#limiter.waiting >= this.#maxWaiting) {
      const extra: ErrorExtra = { details: { waiting: this.#limiter.waiting } }
      return Promise.reject(new ShoalError('BUSY', 'The index server has too many searches to do.', extra))
    }
    return this.#limiter.run(() => ask(this.#idlest()), signal)
  }

  #idlest(): Thread<ReaderCalls> {
    return this.#readers.reduce((best, reader) => (reader.pending < best.pending ? reader : best))
  }
}
