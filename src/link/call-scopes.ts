import type { DescMethod } from '@bufbuild/protobuf'
import { ShoalError } from '../base/errors.ts'
import type { Logger } from '../base/log.ts'
import type { Tracing } from '../base/tracing.ts'
import { recallPeer } from './peers.ts'
import { type CallContext, methodPath } from './rpc.ts'
import type { Abort, CallHost, ServerCall } from './server-calls.ts'
import { traceCall } from './trace-call.ts'

/** The calls that a server is answering: gives each its context, and ends them all when the server stops. */
export class CallScopes implements CallHost {
  readonly #log: Logger
  readonly #tracing: Tracing | undefined
  #active = new Set<AbortController>()
  #answered = 0
  #failed = 0

  constructor(log: Logger, tracing?: Tracing) {
    this.#log = log
    this.#tracing = tracing
  }

  run<T>(
    call: ServerCall,
    method: DescMethod,
    handle: (context: CallContext, abort: Abort) => Promise<T>,
  ): Promise<T> {
    if (!this.#tracing) return this.#run(call, method, handle)
    return traceCall(this.#tracing, { method, kind: 'server' }, () => this.#run(call, method, handle))
  }

  async #run<T>(
    call: ServerCall,
    method: DescMethod,
    handle: (context: CallContext, abort: Abort) => Promise<T>,
  ): Promise<T> {
    const peer = recallPeer(call.getAuthContext().sslPeerCertificate)
    if (!peer) throw new ShoalError('UNAUTHENTICATED')
    const controller = new AbortController()
    let running = true
    // grpc-js says "cancelled" at the regular end of a call too.
    call.on('cancelled', () => running && controller.abort(whyCancelled(call)))
    this.#active.add(controller)
    try {
      const result = await handle(
        {
          ...peer,
          signal: controller.signal,
          header: (name) => textHeader(call, name),
        },
        (reason) => controller.abort(reason),
      )
      this.#answered++
      return result
    } catch (error) {
      this.#failed++
      if (!(error instanceof ShoalError) && !controller.signal.aborted)
        this.#log.error({ err: error, method: methodPath(method), peerId: peer.peerId }, 'handler failed')
      throw error
    } finally {
      running = false
      this.#active.delete(controller)
    }
  }

  /** Aborts every call. */
  abortAll(reason: ShoalError): void {
    for (const controller of this.#active) controller.abort(reason)
  }

  getDebugState(): Record<string, number> {
    return { active: this.#active.size, answered: this.#answered, failed: this.#failed }
  }
}

function whyCancelled(call: ServerCall): ShoalError {
  return Number(call.getDeadline()) <= Date.now()
    ? new ShoalError('TIMED_OUT', "The caller's deadline has passed.")
    : new ShoalError('CANCELLED', 'The caller has gone.')
}

function textHeader(call: ServerCall, name: string): string | undefined {
  const value = call.metadata.get(name)[0]
  return typeof value === 'string' ? value : undefined
}
