import {
  create,
  type DescMessage,
  type DescMethod,
  fromBinary,
  isMessage,
  type Message,
  type MessageInitShape,
  toBinary,
} from '@bufbuild/protobuf'
import { ShoalError } from '../../src/base/errors.ts'
import type { CallContext, CallOptions, LinkTarget, Meter } from '../../src/link/rpc.ts'
import type { SimHost } from './host.ts'

export type Init = MessageInitShape<DescMessage>
export type Requests = Init | AsyncIterable<Init>

/** A call as its caller makes it. */
export interface Call {
  readonly here: SimHost
  readonly target: LinkTarget
  readonly method: DescMethod
  readonly requests: Requests
  readonly options: CallOptions
  readonly onHost: (host: SimHost) => void
}

export type Handler = (request: unknown, context: CallContext) => unknown

/** One for all: an error takes its time to be made. */
const LEFT = new ShoalError('CANCELLED', 'The caller has left.')

/** An abort signal that is made when somebody asks for it: most handlers do not. */
export class LazySignal {
  #controller: AbortController | undefined
  #isAborted = false

  get signal(): AbortSignal {
    this.#controller ??= new AbortController()
    if (this.#isAborted) this.#controller.abort(LEFT)
    return this.#controller.signal
  }

  abort(): void {
    this.#isAborted = true
    this.#controller?.abort(LEFT)
  }
}

export const contextOf = (here: SimHost, options: CallOptions, remote: LazySignal): CallContext => ({
  peerId: here.peerId,
  remoteAddress: here.ip,
  remotePort: 1,
  get signal() {
    return remote.signal
  },
  header: (name) => options.headers?.[name],
})

/** Counts a request that goes out, and makes it whole. */
export function outgoing({ here, method, options }: Call, schema: DescMessage, message: Init): Message {
  here.sent++
  here.network.count(method.name)
  const whole = toMessage(schema, message, here.network.wire)
  count(options.meter, schema, whole)
  return whole
}

/** One direction of a connection: what is sent arrives in order, unless its receiver is gone by then. */
export class Road {
  readonly #from: SimHost
  readonly #to: SimHost
  #lastDueMs = 0

  constructor(from: SimHost, to: SimHost) {
    this.#from = from
    this.#to = to
  }

  send(arrive: () => void): void {
    const { network } = this.#from
    if (!this.#from.isAlive || !network.isJoined(this.#from, this.#to)) return
    const now = network.clock.monotonic()
    this.#lastDueMs = Math.max(now + network.delayMs(this.#from, this.#to), this.#lastDueMs)
    network.clock.schedule(() => {
      if (this.#to.isAlive) arrive()
    }, this.#lastDueMs - now)
  }
}

export function toMessage(schema: DescMessage, message: Init, wire: boolean): Message {
  const whole = isMessage(message, schema) ? message : create(schema, message)
  return wire ? fromBinary(schema, toBinary(schema, whole)) : whole
}

export function count(meter: Meter | undefined, schema: DescMessage, message: Message): void {
  if (!meter) return
  meter.messages++
  meter.bytes += toBinary(schema, message).length
}

/** What a handler throws, as a real link would bring it. */
export function asCallerSees(error: unknown): ShoalError {
  if (error instanceof ShoalError) return error
  return new ShoalError('INTERNAL', 'The other side failed.', { cause: error })
}
