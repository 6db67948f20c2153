import type { ClientRequest, IncomingMessage } from 'node:http'
import { ShoalError, toShoalError } from '../../base/errors.ts'
import type { NodeAddress } from './locate-node.ts'
import { ndjsonValues } from './ndjson.ts'
import { errorOfAnswer, errorOfEvent } from './problem.ts'

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

export interface CallOptions {
  /** Undefined values are left out. */
  query?: Record<string, string | number | boolean | undefined>
  /** Sent as JSON, or as it is when it is bytes. */
  body?: object | Uint8Array
  signal?: AbortSignal
}

/** Longest answer to a plain call that is read, bytes. */
const MAX_ANSWER_BYTES = 64 * 1024 * 1024

/**
 * The HTTP API of one node.
 *
 * Built on node:http and not on fetch, because fetch gives up on a stream that is silent for 300 s (and on an answer that takes
 * so long to begin) and offers no way to say otherwise; hashing one big file may well be silent for longer.
 */
export class NodeClient {
  readonly #address: NodeAddress
  readonly #interrupted: AbortSignal | undefined

  /** @param interrupted ends every call */
  constructor(address: NodeAddress, interrupted?: AbortSignal) {
    this.#address = address
    this.#interrupted = interrupted
  }

  /**
   * One call with a JSON answer.
   *
   * @param path below /api/v1, starting with `/`; variable parts escaped by the caller
   * @throws ShoalError NODE_UNREACHABLE when nobody answers; the code that the node gives; the signal's reason
   */
  async json<T>(method: Method, path: string, given: CallOptions = {}): Promise<T> {
    const options = this.#interruptible(given)
    const answer = await this.#send(method, path, { ...options, accept: 'application/json' })
    const text = await this.#read(answer, options.signal)
    try {
      return (text === '' ? {} : JSON.parse(text)) as T
    } catch (cause) {
      throw new ShoalError('BAD_RESPONSE', `What answers at ${this.#address.url} is no node of Shoal.`, {
        cause,
      })
    }
  }

  /**
   * One call whose answer is a stream of JSON values. Ending the iteration ends the call.
   *
   * @throws ShoalError like {@link json}; what an `error` event says; UNAVAILABLE when the node goes away meanwhile
   */
  async *lines<T>(method: Method, path: string, given: CallOptions = {}): AsyncGenerator<T, void, void> {
    const options = this.#interruptible(given)
    const answer = await this.#send(method, path, { ...options, accept: 'application/x-ndjson' })
    try {
      for await (const value of ndjsonValues(answer)) {
        const error = errorOfEvent(value)
        if (error) throw error
        yield value as T
      }
    } catch (error) {
      throw this.#broken(error, options.signal)
    } finally {
      answer.destroy()
    }
  }

  /**
   * The bytes of a file by its CID, in order, as they come. Ending the iteration ends the call.
   *
   * @throws ShoalError like {@link json}; INVALID_ARGUMENT when the CID is that of a folder; UNAVAILABLE when it breaks off
   */
  async *content(cid: string, signal?: AbortSignal): AsyncGenerator<Buffer, void, void> {
    const url = new URL(`${this.#address.url}/ipfs/${encodeURIComponent(cid)}`)
    const answer = await this.#call(url, 'GET', { ...(signal && { signal }), accept: '*/*' })
    try {
      if (answer.statusCode === 301)
        throw new ShoalError(
          'INVALID_ARGUMENT',
          `${cid} is a folder, and only a file can be streamed. Fetch it with: shoal get`,
        )
      await this.#check(answer, signal)
      yield* answer as AsyncIterable<Buffer>
    } catch (error) {
      if (signal?.aborted) throw signal.reason
      if (error instanceof ShoalError) throw error
      throw new ShoalError(
        'UNAVAILABLE',
        'The content broke off before its end: the node went away, or nobody gives the rest any more.',
        { cause: error },
      )
    } finally {
      answer.destroy()
    }
  }

  #interruptible(options: CallOptions): CallOptions {
    if (!this.#interrupted) return options
    return {
      ...options,
      signal: AbortSignal.any([this.#interrupted, ...(options.signal ? [options.signal] : [])]),
    }
  }

  async #read(answer: IncomingMessage, signal?: AbortSignal): Promise<string> {
    const chunks: Buffer[] = []
    let bytes = 0
    try {
      for await (const chunk of answer) {
        bytes += chunk.length
        if (bytes > MAX_ANSWER_BYTES) throw new ShoalError('TOO_LARGE', 'The node sent too long an answer.')
        chunks.push(chunk)
      }
    } catch (error) {
      throw this.#broken(error, signal)
    }
    return Buffer.concat(chunks).toString('utf8')
  }

  async #send(
    method: Method,
    path: string,
    { query = {}, ...options }: CallOptions & { accept: string },
  ): Promise<IncomingMessage> {
    const url = new URL(`${this.#address.url}/api/v1${path}`)
    for (const [key, value] of Object.entries(query)) {
      if (value !== undefined) url.searchParams.set(key, String(value))
    }
    return this.#check(await this.#call(url, method, options), options.signal)
  }

  /** The answer, whatever it is. */
  async #call(
    url: URL,
    method: Method,
    { body, signal, accept }: Omit<CallOptions, 'query'> & { accept: string },
  ): Promise<IncomingMessage> {
    signal?.throwIfAborted()
    const isRaw = body instanceof Uint8Array
    const payload = body === undefined || isRaw ? body : Buffer.from(JSON.stringify(body))
    const headers: Record<string, string | number> = { accept }
    if (this.#address.token !== undefined) headers.authorization = `Bearer ${this.#address.token}`
    if (payload) {
      const type = isRaw ? 'application/octet-stream' : 'application/json'
      Object.assign(headers, { 'content-type': type, 'content-length': payload.length })
    }
    // Not by `import`: that reads all that node:http exports, WebSocket too, and loads 70 ms of code for it.
    const { request: send } = process.getBuiltinModule(url.protocol === 'https:' ? 'node:https' : 'node:http')
    // No agent: nothing then keeps the process alive after the last answer.
    const call = send(url, { method, headers, agent: false, ...(signal && { signal }) })
    call.end(payload)
    return this.#answerTo(call, signal)
  }

  async #check(answer: IncomingMessage, signal: AbortSignal | undefined): Promise<IncomingMessage> {
    const status = answer.statusCode ?? 0
    if (status >= 200 && status < 300) return answer
    throw errorOfAnswer(status, await this.#read(answer, signal), this.#address)
  }

  #answerTo(call: ClientRequest, signal: AbortSignal | undefined): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      call.on('response', resolve)
      // Stays for the whole call: an error after the answer has begun reaches the reader through the answer.
      call.on('error', (cause: NodeJS.ErrnoException) => {
        if (signal?.aborted) return reject(signal.reason)
        const { url, startHint } = this.#address
        const why = cause.code === 'ECONNREFUSED' ? 'nobody listens there' : cause.message
        const message = `No node answers at ${url} (${why}). ${startHint}`
        reject(new ShoalError('NODE_UNREACHABLE', message, { cause }))
      })
    })
  }

  #broken(error: unknown, signal: AbortSignal | undefined): unknown {
    if (signal?.aborted) return signal.reason
    if (error instanceof ShoalError) return error
    const { code } = toShoalError(error)
    if (code !== 'UNAVAILABLE') return error
    return new ShoalError('UNAVAILABLE', `The node at ${this.#address.url} went away before it was done.`, {
      cause: error,
    })
  }
}
