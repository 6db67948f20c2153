import { fromBinary, toBinary } from '@bufbuild/protobuf'
import { ShoalError } from '../../src/base/errors.ts'
import {
  type NeighbourMessage,
  NeighbourMessageSchema,
} from '../../src/contract/gen/shoal/v1/neighbour_pb.ts'
import type { NeighbourStream } from '../../src/discovery/membership/ports.ts'
import type { LinkTarget } from '../../src/link/rpc.ts'
import { connect } from './connect.ts'
import type { SimHost } from './host.ts'

/** One side of a stream between neighbours. Messages come in order, as over TCP. */
export class SimStream implements NeighbourStream {
  readonly #here: SimHost
  readonly #there: SimHost
  #other: SimStream | undefined
  #lastDueMs = 0
  #state: 'open' | 'closing' | 'over' = 'open'
  #early: NeighbourMessage[] = []
  #onMessage: ((message: NeighbourMessage) => void) | undefined
  #onClose: (() => void) | undefined
  readonly #detach: () => void

  constructor(here: SimHost, there: SimHost) {
    this.#here = here
    this.#there = there
    this.#detach = here.attach(this)
  }

  static pair(a: SimHost, b: SimHost): [SimStream, SimStream] {
    const [one, two] = [new SimStream(a, b), new SimStream(b, a)]
    one.#other = two
    two.#other = one
    return [one, two]
  }

  get peerId(): string {
    return this.#there.peerId
  }

  get remoteAddress(): string {
    return this.#there.ip
  }

  send(message: NeighbourMessage): boolean {
    if (this.#state !== 'open' || !this.#here.isAlive) return false
    const { network } = this.#here
    network.count(`Connect:${message.message.case ?? ''}`)
    this.#here.sent++
    const sent = network.wire
      ? fromBinary(NeighbourMessageSchema, toBinary(NeighbourMessageSchema, message))
      : message
    this.#later(() => this.#other?.deliver(sent))
    return true
  }

  close(): void {
    if (this.#state !== 'open') return
    this.#state = 'closing'
    this.#later(() => this.#other?.over())
    this.#here.network.clock.schedule(() => this.over(), 0)
  }

  listen(onMessage: (message: NeighbourMessage) => void, onClose: () => void): void {
    this.#onMessage = onMessage
    this.#onClose = onClose
    const early = this.#early
    this.#early = []
    for (const message of early) onMessage(message)
    if (this.#state === 'over') onClose()
  }

  deliver(message: NeighbourMessage): void {
    if (this.#state === 'over' || !this.#here.isAlive) return
    this.#here.received++
    if (this.#onMessage) this.#onMessage(message)
    else this.#early.push(message)
  }

  over(): void {
    if (this.#state === 'over') return
    this.#state = 'over'
    this.#detach()
    if (this.#here.isAlive) this.#onClose?.()
  }

  /** The host of this side is gone. */
  hostDied(silent: boolean): void {
    this.#state = 'over'
    if (!silent) this.#later(() => this.#other?.over())
  }

  /** Runs `fn` when what is sent now arrives; never, while the network is parted. */
  #later(fn: () => void): void {
    const { network } = this.#here
    if (!network.isJoined(this.#here, this.#there)) return
    const due = network.clock.monotonic() + network.delayMs(this.#here, this.#there)
    this.#lastDueMs = Math.max(due, this.#lastDueMs)
    network.clock.schedule(fn, this.#lastDueMs - network.clock.monotonic())
  }
}

/** Opens a stream as a TLS connection with one exchange on top would be: two round trips. */
export async function openStream(
  here: SimHost,
  target: LinkTarget & { peerId: string },
  signal: AbortSignal,
): Promise<NeighbourStream> {
  const there = await connect(here, target, signal)
  const { network } = here
  const { promise, resolve, reject } = Promise.withResolvers<NeighbourStream>()
  const onAbort = () => reject(signal.reason)
  signal.addEventListener('abort', onAbort, { once: true })
  network.clock.schedule(
    () => {
      if (signal.aborted) return
      if (!there.isAlive || !here.isAlive)
        return reject(new ShoalError('UNAVAILABLE', 'The connection was lost.'))
      const [mine, theirs] = SimStream.pair(here, there)
      there.transport.onStream(theirs)
      network.clock.schedule(() => resolve(mine), network.delayMs(there, here))
    },
    network.delayMs(here, there),
  )
  try {
    const stream = await promise
    if (signal.aborted) stream.close()
    signal.throwIfAborted()
    return stream
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}
