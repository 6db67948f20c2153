import { Worker } from 'node:worker_threads'
import { ShoalError } from '../base/errors.ts'
import type { ThreadData, ThreadRequest, ThreadResponse } from './thread-protocol.ts'

/** The extension differs between the sources and the built package. */
const SCRIPT = new URL(
  import.meta.url.endsWith('.ts') ? './database-thread.ts' : './database-thread.js',
  import.meta.url,
)

type AnyCalls = Record<string, (...args: never[]) => unknown>

interface Waiting {
  resolve(value: never): void
  reject(error: unknown): void
}

/**
 * The owner's end of a database thread. Calls are carried out in the order in which they are made; how many are under way, the
 * caller bounds. Errors arrive as ShoalError; UNAVAILABLE once the thread is gone.
 */
export class Thread<Calls extends { [K in keyof Calls]: (...args: never[]) => unknown }> {
  readonly #worker: Worker
  readonly #waiting = new Map<number, Waiting>()
  readonly #exited: Promise<void>
  #lastId = 0
  #gone: ShoalError | undefined
  #closing = false
  readonly #onGone: (cause: unknown) => void

  /** @param onGone told once when the thread ends without {@link close}: a fault of the program or of the machine */
  constructor(data: ThreadData, onGone: (cause: unknown) => void) {
    this.#onGone = onGone
    // The process may have been started with options that mean its own script, such as --eval.
    this.#worker = new Worker(SCRIPT, { workerData: data, name: `index-${data.role}`, execArgv: [] })
    this.#worker.on('message', (response: ThreadResponse) => this.#answer(response))
    this.#worker.on('error', (cause) => this.#end(cause))
    this.#exited = new Promise((resolve) => {
      this.#worker.once('exit', () => {
        this.#end(undefined)
        resolve()
      })
    })
  }

  /** Calls that are not answered yet. */
  get pending(): number {
    return this.#waiting.size
  }

  call<K extends keyof Calls & string>(
    call: K,
    ...args: Parameters<Calls[K]>
  ): Promise<ReturnType<Calls[K]>> {
    if (this.#gone) return Promise.reject(this.#gone)
    const id = ++this.#lastId
    const { promise, resolve, reject } = Promise.withResolvers<ReturnType<Calls[K]>>()
    this.#waiting.set(id, { resolve, reject })
    this.#worker.postMessage({ id, call, args } satisfies ThreadRequest)
    return promise
  }

  /** Carries out what was asked for, closes the database and ends the thread. */
  async close(): Promise<void> {
    this.#closing = true
    await (this as unknown as Thread<AnyCalls>).call('close').catch(() => undefined)
    await this.#exited
  }

  #answer(response: ThreadResponse): void {
    const waiting = this.#waiting.get(response.id)
    if (!waiting) return
    this.#waiting.delete(response.id)
    if ('error' in response) waiting.reject(new ShoalError(response.error.code, response.error.message))
    else waiting.resolve(response.value as never)
  }

  #end(cause: unknown): void {
    if (!this.#gone && !this.#closing) this.#onGone(cause)
    this.#gone ??= new ShoalError('UNAVAILABLE', 'A database thread of the index server has ended.', {
      cause,
    })
    for (const { reject } of this.#waiting.values()) reject(this.#gone)
    this.#waiting.clear()
  }
}
