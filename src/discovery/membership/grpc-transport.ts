import { ShoalError } from '../../base/errors.ts'
import type { Logger } from '../../base/log.ts'
import { BoundedQueue } from '../../base/queue.ts'
import { linkSignals } from '../../base/signals.ts'
import { type NeighbourMessage, NeighbourService } from '../../contract/gen/shoal/v1/neighbour_pb.ts'
import type { Links, LinkTarget, ServiceImpl } from '../../link/rpc.ts'
import type { NeighbourStream, NeighbourTransport } from './ports.ts'

/** Messages that may wait for a slow neighbour. */
const QUEUED = 1000
/** A neighbour for whom so many messages in a row found no place is given up. */
const DROPPED_IN_A_ROW = 3

/** Streams between neighbours over links: one call of NeighbourService.Connect each. */
export class GrpcNeighbourTransport implements NeighbourTransport {
  onStream: (stream: NeighbourStream) => void = (stream) => stream.close()
  readonly #links: Links
  readonly #log: Logger

  constructor({ links, log }: { links: Links; log: Logger }) {
    this.#links = links
    this.#log = log
  }

  /** Answers those who open a stream to this node. */
  readonly connectHandler: ServiceImpl<typeof NeighbourService>['connect'] = (requests, context) => {
    const stream = new GrpcStream(context.peerId, context.remoteAddress)
    const onAbort = () => stream.end()
    context.signal.addEventListener('abort', onAbort, { once: true })
    void stream.read(requests, this.#log)
    this.onStream(stream)
    return stream.outgoing
  }

  /** Resolves at once: whether somebody answers is known from the first message, or the stream's end. */
  async open(target: LinkTarget & { peerId: string }, signal: AbortSignal): Promise<NeighbourStream> {
    if (signal.aborted) throw signal.reason ?? new ShoalError('CANCELLED')
    const life = linkSignals()
    const client = this.#links.connect(NeighbourService, target)
    const host = target.addresses[0]?.replace(/:\d+$/, '') ?? ''
    const stream = new GrpcStream(target.peerId, host, () => life.abort())
    void stream.read(client.connect(stream.outgoing, { signal: life.signal }), this.#log)
    return stream
  }
}

class GrpcStream implements NeighbourStream {
  readonly peerId: string
  readonly remoteAddress: string
  readonly outgoing = new BoundedQueue<NeighbourMessage>(QUEUED)
  readonly #onEnd: () => void
  #dropped = 0
  #isOver = false
  #early: NeighbourMessage[] = []
  #onMessage: ((message: NeighbourMessage) => void) | undefined
  #onClose: (() => void) | undefined

  constructor(peerId: string, remoteAddress: string, onEnd: () => void = () => {}) {
    this.peerId = peerId
    this.remoteAddress = remoteAddress
    this.#onEnd = onEnd
  }

  send(message: NeighbourMessage): boolean {
    if (this.#isOver || this.outgoing.closed) return false
    const isSent = this.outgoing.tryPush(message)
    this.#dropped = isSent ? 0 : this.#dropped + 1
    if (this.#dropped >= DROPPED_IN_A_ROW) this.end()
    return isSent
  }

  close(): void {
    this.outgoing.close()
  }

  listen(onMessage: (message: NeighbourMessage) => void, onClose: () => void): void {
    this.#onMessage = onMessage
    this.#onClose = onClose
    for (const message of this.#early.splice(0)) onMessage(message)
    if (this.#isOver) onClose()
  }

  async read(messages: AsyncIterable<NeighbourMessage>, log: Logger): Promise<void> {
    try {
      for await (const message of messages) {
        if (this.#onMessage) this.#onMessage(message)
        else this.#early.push(message)
      }
    } catch (error) {
      log.debug({ peerId: this.peerId, err: error }, 'stream to a neighbour broke')
    }
    this.end()
  }

  end(): void {
    if (this.#isOver) return
    this.#isOver = true
    this.outgoing.close()
    this.#onEnd()
    this.#onClose?.()
  }
}
