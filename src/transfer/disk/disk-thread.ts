import { extname } from 'node:path'
import { Worker } from 'node:worker_threads'
import { ShoalError } from '../../base/errors.ts'
import type { DiskReply, DiskRequest } from './disk-types.ts'

/** The worker's file beside this one: TypeScript in development, JavaScript in the built package. */
const WORKER_URL = new URL(`./disk-worker${extname(import.meta.url)}`, import.meta.url)

type Done = Extract<DiskReply, { status: 'done' }>

/** A disk thread, which takes requests in order. It keeps the process alive only while it has one. */
export class DiskThread {
  // The flags that the program was started with are not for it (--input-type would stop it from loading).
  readonly #worker = new Worker(WORKER_URL, { execArgv: [] })
  readonly #calls = new Map<number, PromiseWithResolvers<Done>>()
  #next = 0
  #isReady = false
  #death: ShoalError | undefined

  constructor() {
    this.#worker.unref()
    this.#worker.on('message', ({ id, reply }: { id: number; reply: DiskReply }) => this.#onReply(id, reply))
    this.#worker.on('error', (cause) => this.#die(cause))
    this.#worker.on('exit', (code) => this.#die(new Error(`it ended with code ${code}`)))
  }

  get isDead(): boolean {
    return this.#death !== undefined
  }

  /** It has answered: requests that wait wait for work, and not for the thread to start. */
  get isReady(): boolean {
    return this.#isReady
  }

  /** Requests that are not answered. */
  get load(): number {
    return this.#calls.size
  }

  /** @throws ShoalError IO, NO_SPACE; INTERNAL when the thread dies */
  run(request: DiskRequest): Promise<Done> {
    if (this.#death) return Promise.reject(this.#death)
    const call = Promise.withResolvers<Done>()
    const id = this.#next++
    if (this.#calls.size === 0) this.#worker.ref()
    this.#calls.set(id, call)
    this.#worker.postMessage({ id, request })
    return call.promise
  }

  /** Ends it at once; requests that are not answered are rejected. */
  async terminate(): Promise<void> {
    await this.#worker.terminate()
  }

  #onReply(id: number, reply: DiskReply): void {
    this.#isReady = true
    const call = this.#calls.get(id)
    this.#calls.delete(id)
    if (this.#calls.size === 0) this.#worker.unref()
    if (reply.status === 'done') call?.resolve(reply)
    else call?.reject(new ShoalError(reply.code, reply.message))
  }

  #die(cause: unknown): void {
    this.#death ??= new ShoalError('INTERNAL', 'A disk thread broke down.', { cause })
    for (const call of this.#calls.values()) call.reject(this.#death)
    this.#calls.clear()
    this.#worker.unref()
  }
}
