import type { DescService, Message } from '@bufbuild/protobuf'
import { ShoalError } from '../../src/base/errors.ts'
import { linkSignals, withDeadline } from '../../src/base/signals.ts'
import type { CallOptions, Client, LinkTarget } from '../../src/link/rpc.ts'
import {
  asCallerSees,
  type Call,
  contextOf,
  count,
  type Handler,
  type Init,
  LazySignal,
  outgoing,
  type Requests,
  Road,
  toMessage,
} from './call.ts'
import { Channel } from './channel.ts'
import { connect } from './connect.ts'
import type { SimHost } from './host.ts'
import { unary } from './unary.ts'

/** Unary calls that name no deadline have this one, ms; as the real pool's. */
const CALL_TIMEOUT_MS = 10_000

/** A client that calls `target` over the simulated network, with the same shape as one over real links. */
export function simClient<S extends DescService>(here: SimHost, service: S, target: LinkTarget): Client<S> {
  let remote: SimHost | undefined
  const onHost = (host: SimHost) => {
    remote = host
  }
  const client: Record<string, unknown> = {
    remotePeerId: () => target.peerId ?? remote?.peerId,
    remoteAddress: () => remote?.address,
  }
  for (const method of service.methods) {
    const isStream = method.methodKind === 'server_streaming' || method.methodKind === 'bidi_streaming'
    client[method.localName] = (requests: Requests, options: CallOptions = {}) => {
      const call = { here, target, method, requests, options, onHost }
      return isStream ? streamed(call) : single(call)
    }
  }
  return client as Client<S>
}

/** One answer: the client-streaming call as a stream, the unary one, of which there are millions, without any. */
async function single(call: Call): Promise<Message> {
  const timeoutMs = call.options.timeoutMs ?? CALL_TIMEOUT_MS
  if (call.method.methodKind === 'unary') return unary(call, timeoutMs)
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
    const remote = new LazySignal()
    const fail = () => answers.end(scope.signal.reason)
    scope.signal.addEventListener('abort', fail, { once: true })
    const detach = there.attachCall((error) => answers.end(error))
    const road = new Road(here, there)
    try {
      sendRequests(call, there, road, answers, remote)
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
      road.send(() => remote.abort())
    }
  } finally {
    scope[Symbol.dispose]()
  }
}

function sendRequests(
  call: Call,
  there: SimHost,
  road: Road,
  answers: Channel<Message>,
  remote: LazySignal,
): void {
  const { here, method, requests, options, target } = call
  const { network } = here
  const { signal } = remote
  const context = contextOf(here, options, remote)
  const handler = there.handler(method.parent, method.localName) as Handler | undefined
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
  if (method.methodKind === 'server_streaming') {
    const request = outgoing(call, method.input, requests as Init)
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
        const whole = outgoing(call, method.input, request)
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
