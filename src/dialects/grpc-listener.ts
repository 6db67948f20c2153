import { Server, ServerCredentials, type ServerUnaryCall, type sendUnaryData, status } from '@grpc/grpc-js'
import { ERRORS, ShoalError } from '../base/errors.ts'
import type { Logger } from '../base/log.ts'
import type { CallBacks, Caller, Dialect } from './dialect.ts'
import { type CallResult, type Fence, resultOfStatus } from './fence.ts'
import { callerAt, hostPort, splitHostPort } from './hosts.ts'

/** Longest request, bytes: names and numbers. */
const MAX_REQUEST_BYTES = 64 * 1024
/** Longest answer, bytes: what gRPC clients take unless they are told otherwise. */
const MAX_ANSWER_BYTES = 4 * 1024 * 1024
const MAX_STREAMS_PER_CONNECTION = 32
const IDLE_MS = 300_000

export interface GrpcSetup {
  readonly dialect: Dialect
  readonly host: string
  /** 0 = any free one. */
  readonly port: number
  readonly calls: CallBacks
  readonly fence: Fence
  readonly log: Logger
}

export interface GrpcListener {
  readonly port: number
  close(): void
}

/**
 * Listens for the gRPC calls of a dialect, without TLS, as its clients expect.
 *
 * @throws Error of grpc-js when the port cannot be had
 */
export async function listenGrpc(setup: GrpcSetup): Promise<GrpcListener> {
  const { dialect, host, port } = setup
  const server = new Server({
    'grpc.max_receive_message_length': MAX_REQUEST_BYTES,
    'grpc.max_send_message_length': MAX_ANSWER_BYTES,
    'grpc.max_concurrent_streams': MAX_STREAMS_PER_CONNECTION,
    'grpc.max_connection_idle_ms': IDLE_MS,
    'grpc.enable_channelz': 0,
    // Two programs on one port would each get some of the calls.
    'grpc.so_reuseport': 0,
  })
  const same = (bytes: Buffer) => bytes
  for (const [path, answer] of dialect.grpc?.calls ?? []) {
    server.register(path, handlerOf(answer, setup), same, same, 'unary')
  }
  const { promise, resolve, reject } = Promise.withResolvers<number>()
  server.bindAsync(hostPort(host, port), ServerCredentials.createInsecure(), (error, bound) =>
    error ? reject(error) : resolve(bound),
  )
  try {
    return { port: await promise, close: () => server.forceShutdown() }
  } catch (error) {
    server.forceShutdown()
    throw error
  }
}

type Answer = (request: Uint8Array, from: Caller) => Promise<Uint8Array>

function handlerOf(answer: Answer, { dialect: { name }, calls, fence, log }: GrpcSetup) {
  return async (call: ServerUnaryCall<Buffer, Buffer>, done: sendUnaryData<Buffer>): Promise<void> => {
    const { host, port } = splitHostPort(call.getPeer())
    const from = callerAt(host, port)
    try {
      if (!fence.admit(from.host)) throw new ShoalError('RATE_LIMITED')
      calls.called(from)
      const bytes = await answer(call.request, from)
      fence.count(name, 'ok')
      done(null, Buffer.from(bytes))
    } catch (error) {
      const { code, details, result } = statusOf(error)
      fence.count(name, result)
      if (code === status.INTERNAL) log.error({ err: error, dialect: name }, 'a call of a dialect failed')
      done({ code, details })
    }
  }
}

/** Faults of this node are not told to strangers. */
function statusOf(error: unknown): { code: status; details: string; result: CallResult } {
  if (!(error instanceof ShoalError))
    return { code: status.INTERNAL, details: ERRORS.INTERNAL.message, result: 'failed' }
  return { code: error.kind.grpc, details: error.message, result: resultOfStatus(error.kind.http) }
}
