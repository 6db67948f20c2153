import { extname } from 'node:path'
import { Worker } from 'node:worker_threads'
import { ShoalError } from '../base/errors.ts'
import type { WorkerReply, WorkerRequest } from './ingest-types.ts'

/** The worker's file beside this one: TypeScript in development, JavaScript in the built package. */
const WORKER_URL = new URL(`./ingest-worker${extname(import.meta.url)}`, import.meta.url)

type Answer = Exclude<WorkerReply, { type: 'progress' }>

interface Call {
  resolve(answer: Answer): void
  reject(error: ShoalError): void
  onProgress?(bytesDone: number): void
}

/** A hashing thread that takes one request at a time. It keeps the process alive only while it has one. */
export class HashThread {
  // The flags that the program was started with are not for it (--input-type would stop it from loading).
  readonly #worker = new Worker(WORKER_URL, { execArgv: [] })
  #call: Call | undefined
  #death: ShoalError | undefined

  constructor() {
    this.#worker.unref()
    this.#worker.on('message', (reply: WorkerReply) => this.#onReply(reply))
    this.#worker.on('error', (cause) => this.#die(cause))
    this.#worker.on('exit', (code) => this.#die(new Error(`it ended with code ${code}`)))
  }

  get isDead(): boolean {
    return this.#death !== undefined
  }

  get isBusy(): boolean {
    return this.#call !== undefined
  }

  /** @throws ShoalError INTERNAL when the thread dies */
  run(request: WorkerRequest, onProgress?: (bytesDone: number) => void): Promise<Answer> {
    if (this.#death) return Promise.reject(this.#death)
    if (this.#call) throw new Error('a hashing thread takes one request at a time')
    return new Promise((resolve, reject) => {
      this.#worker.postMessage(request)
      this.#call = { resolve, reject, onProgress }
      this.#worker.ref()
    })
  }

  /** Ends it at once; a request it works on is rejected. */
  async terminate(): Promise<void> {
    await this.#worker.terminate()
  }

  #onReply(reply: WorkerReply): void {
    if (reply.type === 'progress') {
      this.#call?.onProgress?.(reply.bytesDone)
      return
    }
    this.#take()?.resolve(reply)
  }

  #die(cause: unknown): void {
    this.#death ??= new ShoalError('INTERNAL', 'A hashing thread broke down.', { cause })
    this.#take()?.reject(this.#death)
  }

  #take(): Call | undefined {
    const call = this.#call
    this.#call = undefined
    this.#worker.unref()
    return call
  }
}
