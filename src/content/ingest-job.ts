import { type ShoalError, toShoalError } from '../base/errors.ts'
import type { FileFacts, Ingested, SharedHash } from './ingest-types.ts'
import { cancelSharedHash } from './shared-hash.ts'

export interface IngestCallOptions {
  signal?: AbortSignal
  /** Called with the bytes that are hashed, a few times a second for a big file, and once at the end. Must not throw. */
  onProgress?(bytesDone: number): void
}

/** Where a job is. It ends in `settled`, from anywhere. */
type State =
  /** To be tried in a batch. */
  | { at: 'waiting' }
  /** With a thread, one of many. waiting -> batch -> waiting again, large or settled */
  | { at: 'batch'; skip: Int32Array; index: number }
  /** Found to be big; to be hashed alone. */
  | { at: 'large'; stat: FileFacts }
  /** large -> hashing -> settled */
  | { at: 'hashing'; shared: SharedHash }
  | { at: 'settled' }

/** One file somebody wants hashed. */
export class IngestJob {
  readonly path: string
  readonly result: Promise<Ingested>
  state: State = { at: 'waiting' }
  readonly #options: IngestCallOptions
  readonly #settlers: PromiseWithResolvers<Ingested>

  constructor(path: string, options: IngestCallOptions) {
    this.path = path
    this.#options = options
    this.#settlers = Promise.withResolvers()
    this.result = this.#settlers.promise
    options.signal?.addEventListener('abort', this.#onAbort, { once: true })
  }

  get isSettled(): boolean {
    return this.state.at === 'settled'
  }

  report(bytesDone: number): void {
    if (!this.isSettled) this.#options.onProgress?.(bytesDone)
  }

  succeed(ingested: Ingested): void {
    if (this.isSettled) return
    this.report(ingested.sizeBytes)
    this.#settle()
    this.#settlers.resolve(ingested)
  }

  /** Ends the job with an error, and the work on it if a thread has it. */
  fail(error: ShoalError): void {
    if (this.isSettled) return
    if (this.state.at === 'batch') Atomics.store(this.state.skip, this.state.index, 1)
    if (this.state.at === 'hashing') cancelSharedHash(this.state.shared)
    this.#settle()
    this.#settlers.reject(error)
  }

  readonly #onAbort = () => this.fail(toShoalError(this.#options.signal?.reason, 'CANCELLED'))

  #settle(): void {
    this.state = { at: 'settled' }
    this.#options.signal?.removeEventListener('abort', this.#onAbort)
  }
}
