import type { Message } from '@bufbuild/protobuf'
import { ShoalError } from '../../src/base/errors.ts'
import {
  asCallerSees,
  type Call,
  contextOf,
  count,
  type Handler,
  type Init,
  LazySignal,
  outgoing,
  Road,
  toMessage,
} from './call.ts'
import { connect } from './connect.ts'
import type { SimHost } from './host.ts'

/** A unary call, made without streams and generators: there are millions of them. */
export async function unary(call: Call, timeoutMs: number): Promise<Message> {
  const { here, target, method, options, onHost } = call
  const { network } = here
  options.signal?.throwIfAborted()
  const { promise, resolve, reject } = Promise.withResolvers<Message>()
  const remote = new LazySignal()
  const deadline = network.clock.schedule(
    () => reject(new ShoalError('TIMED_OUT', `No answer within ${timeoutMs} ms.`)),
    timeoutMs,
  )
  const onAbort = () => reject(options.signal?.reason)
  options.signal?.addEventListener('abort', onAbort, { once: true })
  let detach = () => {}
  const start = async () => {
    try {
      const there = await connect(here, target, options.signal)
      onHost(there)
      detach = there.attachCall(reject)
      const request = outgoing(call, method.input, call.requests as Init)
      new Road(here, there).send(() => answerUnary(call, there, request, remote, { resolve, reject }))
    } catch (error) {
      reject(error)
    }
  }
  try {
    void start()
    const answer = await promise
    here.received++
    count(options.meter, method.output, answer)
    return answer
  } catch (error) {
    remote.abort()
    throw error
  } finally {
    deadline.cancel()
    options.signal?.removeEventListener('abort', onAbort)
    detach()
  }
}

async function answerUnary(
  { here, method, options, target }: Call,
  there: SimHost,
  request: Message,
  remote: LazySignal,
  { resolve, reject }: { resolve: (answer: Message) => void; reject: (error: unknown) => void },
): Promise<void> {
  const { network } = here
  there.received++
  const back = new Road(there, here)
  try {
    const handler = there.handler(method.parent, method.localName) as Handler | undefined
    if (!handler) throw new ShoalError('NOT_IMPLEMENTED', `${target.addresses[0]} has no ${method.name}.`)
    const answer = (await handler(request, contextOf(here, options, remote))) as Init
    there.sent++
    network.count(method.name)
    const whole = toMessage(method.output, answer, network.wire)
    back.send(() => resolve(whole))
  } catch (error) {
    back.send(() => reject(asCallerSees(error)))
  }
}
