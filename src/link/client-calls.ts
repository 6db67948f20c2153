import type { Readable, Writable } from 'node:stream'
import type { DescMessage, DescMethod, DescService, MessageInitShape } from '@bufbuild/protobuf'
import { Metadata, type ServiceError } from '@grpc/grpc-js'
import type { Clock } from '../base/clock.ts'
import { ShoalError } from '../base/errors.ts'
import { type LinkedSignal, linkSignals, withDeadline } from '../base/signals.ts'
import type { Tracing } from '../base/tracing.ts'
import { asIs, decodeMessage, encodeMessage } from './codec.ts'
import type { Lease } from './link.ts'
import { type CallOptions, type Client, type Meter, methodPath, type RemoteEnd } from './rpc.ts'
import { SendQueue } from './send-queue.ts'
import { errorOf } from './status.ts'
import { abandon, limitReadAhead, reasonOf, receiveAll, sendAll } from './streams.ts'
import { traceCall, traceStream } from './trace-call.ts'

/** Where calls get their connection. */
export interface CallHost extends RemoteEnd {
  readonly clock: Clock
  /** Aborts when no more calls may run. */
  readonly closing: AbortSignal
  /** Deadline of unary calls that name none, ms. */
  readonly callTimeoutMs: number
  acquire(signal: AbortSignal): Promise<Lease>
  readonly tracing?: Tracing | undefined
}

/** The methods of `service` as functions that call the other end of `host`. */
export function makeClient<S extends DescService>(service: S, host: CallHost): Client<S> {
  const methods = service.methods.map((method) => [
    method.localName,
    CALLERS[method.methodKind](method, host),
  ])
  return Object.assign(Object.fromEntries(methods), {
    remotePeerId: () => host.remotePeerId(),
    remoteAddress: () => host.remoteAddress(),
    road: () => host.road?.(),
  })
}

type AnyInit = MessageInitShape<DescMessage>

const CALLERS = {
  unary:
    (method: DescMethod, host: CallHost) =>
    (request: AnyInit, options: CallOptions = {}) =>
      withCall({ host, method }, options, host.callTimeoutMs, ({ lease, signal, metadata, deadline }) => {
        const bytes = counted(encodeMessage(method.input, request), options.meter)
        return answerOf(method, options.meter, signal, (done) =>
          lease.client.makeUnaryRequest(methodPath(method), asIs, asIs, bytes, metadata, { deadline }, done),
        )
      }),

  client_streaming: (method: DescMethod, host: CallHost) => {
    return (requests: AsyncIterable<AnyInit>, options: CallOptions = {}) =>
      withCall({ host, method }, options, undefined, async ({ lease, signal, metadata, deadline }) => {
        using sending = linkSignals(signal)
        let failed: Promise<never> | undefined
        const answer = answerOf(method, options.meter, signal, (done) => {
          const path = methodPath(method)
          const call = lease.client.makeClientStreamRequest(path, asIs, asIs, metadata, { deadline }, done)
          call.on('error', () => {})
          failed = sendRequests(method, options.meter, requests, call, sending.signal)
          return { cancel: () => abandon(call) }
        })
        try {
          return await Promise.race([answer, failed!])
        } finally {
          sending.abort(OVER)
        }
      })
  },

  server_streaming: (method: DescMethod, host: CallHost) => {
    return (request: AnyInit, options: CallOptions = {}) =>
      streamCall({ host, method }, options, async function* ({ lease, signal, metadata, deadline }) {
        const bytes = counted(encodeMessage(method.input, request), options.meter)
        const path = methodPath(method)
        const call = started(() =>
          lease.client.makeServerStreamRequest(path, asIs, asIs, bytes, metadata, { deadline }),
        )
        yield* responsesOf(method, options.meter, call, signal, () => call.cancel())
      })
  },

  bidi_streaming: (method: DescMethod, host: CallHost) => {
    return (requests: AsyncIterable<AnyInit>, options: CallOptions = {}) =>
      streamCall({ host, method }, options, async function* ({ lease, signal, metadata, deadline }) {
        using sending = linkSignals(signal)
        const path = methodPath(method)
        const call = started(() =>
          lease.client.makeBidiStreamRequest(path, asIs, asIs, metadata, { deadline }),
        )
        // What the request source throws ends the call, and is what the reader of the responses gets.
        sendRequests(method, options.meter, requests, call, sending.signal).catch((error) =>
          sending.abort(error),
        )
        try {
          yield* responsesOf(method, options.meter, call, sending.signal, () => abandon(call))
        } finally {
          sending.abort(OVER)
        }
      })
  },
}

function counted(message: Buffer, meter: Meter | undefined): Buffer {
  if (meter) {
    meter.messages++
    meter.bytes += message.length
  }
  return message
}

/** Ends the sending of a call that is over; nobody sees it. */
const OVER = new ShoalError('CANCELLED', 'The call is over.')

interface RunningCall {
  lease: Lease
  signal: AbortSignal
  metadata: Metadata
  deadline: number
}

interface Cancellable {
  cancel(): void
}

/** A method, and whose it is. */
interface Callee {
  readonly host: CallHost
  readonly method: DescMethod
}

function withCall<T>(
  { host, method }: Callee,
  options: CallOptions,
  defaultTimeoutMs: number | undefined,
  body: (call: RunningCall) => Promise<T>,
): Promise<T> {
  const call = () => leasedCall(host, options, defaultTimeoutMs, body)
  return host.tracing ? traceCall(host.tracing, { method, kind: 'client' }, call) : call()
}

async function leasedCall<T>(
  host: CallHost,
  options: CallOptions,
  defaultTimeoutMs: number | undefined,
  body: (call: RunningCall) => Promise<T>,
): Promise<T> {
  using scope = openScope(host, options, defaultTimeoutMs)
  const lease = await acquire(host, scope.signal)
  try {
    return await body({ ...scope, lease })
  } finally {
    lease.release()
  }
}

function streamCall<T>(
  { host, method }: Callee,
  options: CallOptions,
  body: (call: RunningCall) => AsyncGenerator<T, void, undefined>,
): AsyncGenerator<T, void, undefined> {
  const call = () => leasedStream(host, options, body)
  return host.tracing ? traceStream(host.tracing, { method, kind: 'client' }, call) : call()
}

async function* leasedStream<T>(
  host: CallHost,
  options: CallOptions,
  body: (call: RunningCall) => AsyncGenerator<T, void, undefined>,
): AsyncGenerator<T, void, undefined> {
  using scope = openScope(host, options, undefined)
  const lease = await acquire(host, scope.signal)
  try {
    yield* body({ ...scope, lease })
  } finally {
    lease.release()
  }
}

async function acquire(host: CallHost, signal: AbortSignal): Promise<Lease> {
  try {
    return await host.acquire(signal)
  } catch (error) {
    throw signal.aborted ? reasonOf(signal) : error
  }
}

function openScope(host: CallHost, options: CallOptions, defaultTimeoutMs: number | undefined) {
  const timeoutMs = options.timeoutMs ?? defaultTimeoutMs
  const linked: LinkedSignal =
    timeoutMs === undefined
      ? linkSignals(options.signal, host.closing)
      : withDeadline(host.clock, timeoutMs, options.signal, host.closing)
  const metadata = new Metadata()
  for (const [name, value] of Object.entries(options.headers ?? {})) metadata.set(name, value)
  return {
    signal: linked.signal,
    metadata,
    // Real time: grpc-js sends what is left of it to the other side.
    deadline: timeoutMs === undefined ? Number.POSITIVE_INFINITY : Date.now() + timeoutMs,
    [Symbol.dispose]: () => linked[Symbol.dispose](),
  }
}

/** The one response of a call; an abort of `signal` cancels it. */
function answerOf(
  method: DescMethod,
  meter: Meter | undefined,
  signal: AbortSignal,
  start: (done: (error: ServiceError | null, response?: Buffer) => void) => Cancellable,
): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const onAbort = () => {
      call.cancel()
      reject(reasonOf(signal))
    }
    const done = (error: ServiceError | null, response?: Buffer) => {
      signal.removeEventListener('abort', onAbort)
      if (error) return reject(errorOf(error))
      try {
        resolve(decodeMessage(method.output, counted(response!, meter), 'BAD_RESPONSE'))
      } catch (wrong) {
        reject(wrong)
      }
    }
    const call = started(() => start(done))
    if (signal.aborted) onAbort()
    else signal.addEventListener('abort', onAbort, { once: true })
  })
}

/** grpc-js throws when the connection was lost since it was handed out. */
function started<T>(start: () => T): T {
  try {
    return start()
  } catch (cause) {
    throw new ShoalError('UNAVAILABLE', 'The connection was lost.', { cause })
  }
}

/** The responses of a call; leaving early, and an abort of `signal` even while nobody reads, cancel it. */
async function* responsesOf(
  method: DescMethod,
  meter: Meter | undefined,
  call: Readable,
  signal: AbortSignal,
  cancel: () => void,
): AsyncGenerator<unknown, void, undefined> {
  limitReadAhead(call)
  // The error reaches the reader below; this keeps it from being an uncaught one when there is no reader
  // any more.
  call.on('error', () => {})
  signal.addEventListener('abort', cancel, { once: true })
  let over = false
  try {
    yield* receiveAll(
      call,
      (bytes) => decodeMessage(method.output, counted(bytes, meter), 'BAD_RESPONSE'),
      signal,
    )
    over = true
  } catch (error) {
    over = isServiceError(error)
    throw over ? errorOf(error as ServiceError) : error
  } finally {
    signal.removeEventListener('abort', cancel)
    if (!over && !signal.aborted) cancel()
  }
}

function isServiceError(error: unknown): error is ServiceError {
  return error instanceof Error && 'metadata' in error && 'code' in error && typeof error.code === 'number'
}

/**
 * Sends the requests of a call, then says that there are no more. Rejects only with what the source
 * throws, and never resolves: the end of a call is its answer, not the end of its requests.
 */
async function sendRequests(
  method: DescMethod,
  meter: Meter | undefined,
  requests: AsyncIterable<AnyInit>,
  call: Writable & Cancellable,
  signal: AbortSignal,
): Promise<never> {
  try {
    await sendAll(
      requests,
      new SendQueue(call),
      (request) => counted(encodeMessage(method.input, request), meter),
      signal,
    )
    call.end()
  } catch (error) {
    if (!signal.aborted) {
      abandon(call)
      throw error
    }
  }
  return new Promise<never>(() => {})
}
