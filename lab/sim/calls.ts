import {
  create,
  type DescMessage,
  type DescMethod,
  type DescService,
  fromBinary,
  isMessage,
  type Message,
  type MessageInitShape,
  toBinary,
} from '@bufbuild/protobuf'
import { ShoalError } from '../../src/base/errors.ts'
import { linkSignals, withDeadline } from '../../src/base/signals.ts'
import type { CallContext, CallOptions, Client, LinkTarget, Meter } from '../../src/link/rpc.ts'
import { Channel } from './channel.ts'
import { connect } from './connect.ts'
import type { SimHost } from './host.ts'

type Init = MessageInitShape<DescMessage>
type Requests = Init | AsyncIterable<Init>

/** Unary calls that name no deadline have this one, ms; as the real pool's. */
const CALL_TIMEOUT_MS = 10_000

/** A client that calls `target` over the simulated network, with the same shape as one over real links. */
export function simClient<S extends DescService>(here: SimHost, service: S, target: LinkTarget): Client<S> {
  let remote: SimHost | undefined
  const onHost = (host: SimHost) => {
    remote = host
  }
  const methods = service.methods.map((method) => [
    method.localName,
    (requests: Requests, options: CallOptions = {}) => {
      const call = { here, target, method, requests, options, onHost }
      const isStream = method.methodKind === 'server_streaming' || method.methodKind === 'bidi_streaming'
      return isStream ? streamed(call) : single(call)
    },
  ])
  return Object.assign(Object.fromEntries(methods), {
    remotePeerId: () => target.peerId ?? remote?.peerId,
    remoteAddress: () => remote?.address,
  })
}

interface Call {
  readonly here: SimHost
  readonly target: LinkTarget
  readonly method: DescMethod
  readonly requests: Requests
  readonly options: CallOptions
  readonly onHost: (host: SimHost) => void
}

async function single(call: Call): Promise<Message> {
  const timeoutMs = call.options.timeoutMs ?? CALL_TIMEOUT_MS
  for await (const answer of streamed({ ...call, options: { ...call.options, timeoutMs } })) return answer
  throw new ShoalError('BAD_RESPONSE', 'The call ended without an answer.')
}

/** Makes the call when it is first read; leaving ends it at the other side too. */
async function* streamed(call: Call): AsyncGenerator<Message, void, undefined> {
  const { here, target, method, options, onHost } = call
  const { network } = here
  const { timeoutMs, meter } = options
  const scope =
    timeoutMs === undefined
      ? linkSignals(options.signal)
      : withDeadline(network.clock, timeoutMs, options.signal)
  try {
    scope.signal.throwIfAborted()
    const there = await connect(here, target, scope.signal)
    onHost(there)
    const answers = new Channel<Message>()
    const remote = new AbortController()
    const fail = () => answers.end(scope.signal.reason)
    scope.signal.addEventListener('abort', fail, { once: true })
    const detach = there.attachCall((error) => answers.end(error))
    const road = new Road(here, there)
    try {
      sendRequests(call, there, road, answers, remote.signal)
      for (;;) {
        const { value, done } = await answers.next()
        if (done) return
        here.received++
        count(meter, method.output, value)
        yield value
      }
    } finally {
      detach()
      scope.signal.removeEventListener('abort', fail)
      answers.end()
      road.send(() => remote.abort(new ShoalError('CANCELLED', 'The caller has left.')))
    }
  } finally {
    scope[Symbol.dispose]()
  }
}

function sendRequests(
  { here, method, requests, options, target }: Call,
  there: SimHost,
  road: Road,
  answers: Channel<Message>,
  signal: AbortSignal,
): void {
  const { network } = here
  const context: CallContext = {
    peerId: here.peerId,
    remoteAddress: here.ip,
    remotePort: 1,
    signal,
    header: (name) => options.headers?.[name],
  }
  const handler = there.handler(method.parent, method.localName) as
    | ((request: unknown, context: CallContext) => unknown)
    | undefined
  const back = new Road(there, here)
  const answer = (message: Init) => {
    there.sent++
    network.count(method.name)
    const whole = toMessage(method.output, message, network.wire)
    back.send(() => answers.push(whole))
  }
  const end = (error?: unknown) =>
    back.send(() => answers.end(error === undefined ? undefined : asCallerSees(error)))
  const run = async (request: unknown) => {
    try {
      if (!handler) throw new ShoalError('NOT_IMPLEMENTED', `${target.addresses[0]} has no ${method.name}.`)
      const result = handler(request, context)
      if (method.methodKind === 'server_streaming' || method.methodKind === 'bidi_streaming') {
        for await (const item of result as AsyncIterable<Init>) {
          if (signal.aborted) return
          answer(item)
        }
      } else {
        answer((await result) as Init)
      }
      end()
    } catch (error) {
      end(error)
    }
  }
  const sent = (message: Init) => {
    here.sent++
    network.count(method.name)
    const whole = toMessage(method.input, message, network.wire)
    count(options.meter, method.input, whole)
    return whole
  }
  if (method.methodKind === 'unary' || method.methodKind === 'server_streaming') {
    const request = sent(requests as Init)
    road.send(() => {
      there.received++
      void run(request)
    })
    return
  }
  const input = new Channel<Message>()
  road.send(() => void run(input))
  const pump = async () => {
    try {
      for await (const request of requests as AsyncIterable<Init>) {
        if (signal.aborted) return
        const whole = sent(request)
        road.send(() => {
          there.received++
          input.push(whole)
        })
      }
      road.send(() => input.end())
    } catch (error) {
      answers.end(error)
    }
  }
  signal.addEventListener('abort', () => input.end(signal.reason), { once: true })
  void pump()
}

/** One direction of a connection: what is sent arrives in order, unless its receiver is gone by then. */
class Road {
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

function toMessage(schema: DescMessage, message: Init, wire: boolean): Message {
  const whole = isMessage(message, schema) ? message : create(schema, message)
  return wire ? fromBinary(schema, toBinary(schema, whole)) : whole
}

function count(meter: Meter | undefined, schema: DescMessage, message: Message): void {
  if (!meter) return
  meter.messages++
  meter.bytes += toBinary(schema, message).length
}

/** What a handler throws, as a real link would bring it. */
function asCallerSees(error: unknown): ShoalError {
  if (error instanceof ShoalError) return error
  return new ShoalError('INTERNAL', 'The other side failed.', { cause: error })
}
