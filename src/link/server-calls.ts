import type { PeerCertificate } from 'node:tls'
import type { DescMessage, DescMethod, DescService, MessageInitShape } from '@bufbuild/protobuf'
import type {
  Metadata,
  ServerDuplexStream,
  ServerReadableStream,
  ServerUnaryCall,
  ServerWritableStream,
  ServiceDefinition,
  sendUnaryData,
  UntypedServiceImplementation,
} from '@grpc/grpc-js'
import { ShoalError } from '../base/errors.ts'
import { asIs, decodeMessage, encodeMessage } from './codec.ts'
import { type CallContext, methodPath, type ServiceImpl } from './rpc.ts'
import { SendQueue } from './send-queue.ts'
import { statusOf } from './status.ts'
import { ABANDONED, limitReadAhead, reasonOf, receiveAll, sendAll, settle } from './streams.ts'

/** A call in grpc-js, whatever its shape. */
export interface ServerCall {
  readonly metadata: Metadata
  getAuthContext(): { sslPeerCertificate?: PeerCertificate }
  getDeadline(): Date | number
  on(event: 'cancelled', listener: () => void): unknown
}

/** Aborts the call's own signal. */
export type Abort = (reason: ShoalError) => void

/** What the server does for each call. */
export interface CallHost {
  /**
   * * Runs `handle` with the caller's context, which ends with it. Throws UNAUTHENTICATED when it is not
   * known who calls. Errors of `handle` are noted and thrown on.
   */
  run<T>(
    call: ServerCall,
    method: DescMethod,
    handle: (context: CallContext, abort: Abort) => Promise<T>,
  ): Promise<T>
}

type UntypedHandler = (request: unknown, context: CallContext) => unknown

/** A service with its handlers in the form of grpc-js. */
export function grpcService<S extends DescService>(
  service: S,
  impl: ServiceImpl<S>,
  host: CallHost,
): { definition: ServiceDefinition; implementation: UntypedServiceImplementation } {
  const definition: Record<string, ServiceDefinition[string]> = {}
  const implementation: UntypedServiceImplementation = {}
  for (const method of service.methods) {
    const handler = (impl as Record<string, UntypedHandler>)[method.localName]!.bind(impl)
    definition[method.localName] = {
      path: methodPath(method),
      requestStream: method.methodKind === 'client_streaming' || method.methodKind === 'bidi_streaming',
      responseStream: method.methodKind === 'server_streaming' || method.methodKind === 'bidi_streaming',
      requestSerialize: asIs,
      requestDeserialize: asIs,
      responseSerialize: asIs,
      responseDeserialize: asIs,
    }
    implementation[method.localName] = HANDLERS[method.methodKind](method, handler, host)
  }
  return { definition, implementation }
}

type Respond = sendUnaryData<Buffer>

const HANDLERS = {
  unary: (method: DescMethod, handler: UntypedHandler, host: CallHost) => {
    return (call: ServerUnaryCall<Buffer, Buffer>, respond: Respond) =>
      answer(respond, () =>
        host.run(call, method, async (context) =>
          encodeResponse(method, await handler(decodeRequest(method, call.request), context)),
        ),
      )
  },
  client_streaming: (method: DescMethod, handler: UntypedHandler, host: CallHost) => {
    return (call: ServerReadableStream<Buffer, Buffer>, respond: Respond) => {
      limitReadAhead(call)
      return answer(respond, () =>
        host.run(call, method, async (context, abort) =>
          encodeResponse(method, await handler(requestsOf(call, method, context, abort), context)),
        ),
      )
    }
  },
  server_streaming: (method: DescMethod, handler: UntypedHandler, host: CallHost) => {
    return (call: ServerWritableStream<Buffer, Buffer>) =>
      stream(call, (queue) =>
        host.run(call, method, (context) =>
          sendResponses(queue, method, handler(decodeRequest(method, call.request), context), context),
        ),
      )
  },
  bidi_streaming: (method: DescMethod, handler: UntypedHandler, host: CallHost) => {
    return (call: ServerDuplexStream<Buffer, Buffer>) => {
      limitReadAhead(call)
      return stream(call, (queue) =>
        host.run(call, method, (context, abort) =>
          sendResponses(queue, method, handler(requestsOf(call, method, context, abort), context), context),
        ),
      )
    }
  },
}

async function answer(respond: Respond, handle: () => Promise<Buffer>): Promise<void> {
  try {
    respond(null, await handle())
  } catch (error) {
    respond(statusOf(error))
  }
}

async function stream(
  call: ServerWritableStream<Buffer, Buffer> | ServerDuplexStream<Buffer, Buffer>,
  handle: (queue: SendQueue) => Promise<void>,
): Promise<void> {
  const queue = new SendQueue(call)
  try {
    await handle(queue)
    call.end()
  } catch (error) {
    // An 'error' makes a reader of the requests that still waits destroy the call, and whatever it has not
    // sent by then is lost, the status too.
    await queue.flushed()
    // This is how grpc-js is told a stream's status.
    if (!call.destroyed) call.emit('error', statusOf(error))
  }
}

async function* requestsOf(
  call: ServerReadableStream<Buffer, Buffer> | ServerDuplexStream<Buffer, Buffer>,
  method: DescMethod,
  { signal }: CallContext,
  abort: Abort,
): AsyncGenerator<unknown, void, undefined> {
  const decode = (bytes: Buffer) => {
    if (!bytes.equals(ABANDONED)) return decodeRequest(method, bytes)
    abort(new ShoalError('CANCELLED', 'The caller has gone.'))
    throw reasonOf(signal)
  }
  yield* receiveAll(call, decode, signal)
  await settle()
  if (signal.aborted) throw reasonOf(signal)
}

function sendResponses(
  queue: SendQueue,
  method: DescMethod,
  responses: unknown,
  context: CallContext,
): Promise<void> {
  return sendAll(
    responses as AsyncIterable<unknown>,
    queue,
    (response) => encodeResponse(method, response),
    context.signal,
  )
}

const decodeRequest = (method: DescMethod, bytes: Buffer) =>
  decodeMessage(method.input, bytes, 'INVALID_ARGUMENT')
const encodeResponse = (method: DescMethod, response: unknown) =>
  encodeMessage(method.output, response as MessageInitShape<DescMessage>)
