import { create } from '@bufbuild/protobuf'
import type { Clock, Timer } from '../../base/clock.ts'
import { toShoalError } from '../../base/errors.ts'
import type { Logger } from '../../base/log.ts'
import { withDeadline } from '../../base/signals.ts'
import {
  type NeighbourHello,
  type NeighbourMessage,
  NeighbourMessageSchema,
  type SignedPeerRecord,
} from '../../contract/gen/shoal/v1/neighbour_pb.ts'
import { chooseToDrop, keepsNewStream } from './choose-neighbours.ts'
import { NeighbourLink } from './neighbour.ts'
import type { MembershipOptions } from './options.ts'
import type { PeerRecord } from './peer-record.ts'
import type { NeighbourStream, NeighbourTransport } from './ports.ts'

export type Kind = NeighbourMessage['message']

/** Why a neighbourhood ended. */
export type Ending = 'broken' | 'goodbye'

/** What the set of neighbours asks of the node, and tells it. */
export interface NeighboursHost {
  readonly peerId: string
  record(): PeerRecord
  /** A record that came over the peer's own stream. @throws ShoalError BAD_RESPONSE */
  introduce(peerId: string, signed: SignedPeerRecord | undefined): PeerRecord
  /** Records for one who was refused. */
  others(): SignedPeerRecord[]
  /** One who refused told these. */
  onOthers(records: readonly SignedPeerRecord[]): void
  onUp(neighbour: NeighbourLink): void
  /** It goes on over another stream; what was on its way on the one before may be lost. */
  onMoved(neighbour: NeighbourLink): void
  onDown(neighbour: NeighbourLink, ending: Ending): void
  onSilent(neighbour: NeighbourLink): void
  onMessage(neighbour: NeighbourLink, message: Kind): void
  onDialFailed(peerId: string, isRefusal: boolean): void
}

const message = (value: Parameters<typeof create<typeof NeighbourMessageSchema>>[1]) =>
  create(NeighbourMessageSchema, value)

/** The neighbours of a node: dials, takes those who dial, and watches that they live. */
export class Neighbours {
  readonly #host: NeighboursHost
  readonly #transport: NeighbourTransport
  readonly #clock: Clock
  readonly #log: Logger
  readonly #options: MembershipOptions
  readonly #links = new Map<string, NeighbourLink>()
  readonly #dialling = new Set<string>()
  readonly #life = new AbortController()
  #list: readonly NeighbourLink[] = []
  #beat = 0

  constructor(
    host: NeighboursHost,
    transport: NeighbourTransport,
    clock: Clock,
    log: Logger,
    options: MembershipOptions,
  ) {
    this.#host = host
    this.#transport = transport
    this.#clock = clock
    this.#log = log
    this.#options = options
  }

  /** The same array until somebody comes or goes. */
  get list(): readonly NeighbourLink[] {
    return this.#list
  }

  get degree(): number {
    return this.#links.size
  }

  /** Neighbours that are there or being dialled. */
  get expected(): number {
    return this.#links.size + this.#dialling.size
  }

  get(peerId: string): NeighbourLink | undefined {
    return this.#links.get(peerId)
  }

  isDialling(peerId: string): boolean {
    return this.#dialling.has(peerId)
  }

  /** Begins to take streams that others open. */
  start(): void {
    this.#transport.onStream = (stream) => this.#accept(stream)
  }

  async dial(record: PeerRecord): Promise<void> {
    const { peerId, addresses } = record
    if (this.#life.signal.aborted || this.#links.has(peerId) || this.#dialling.has(peerId)) return
    this.#dialling.add(peerId)
    try {
      using deadline = withDeadline(this.#clock, this.#options.callTimeoutMs, this.#life.signal)
      const stream = await this.#transport.open({ peerId, addresses }, deadline.signal)
      if (this.#life.signal.aborted) return stream.close()
      await this.#greet(stream)
    } catch (error) {
      this.#log.debug({ peerId, code: toShoalError(error).code }, 'no neighbour')
      if (!this.#life.signal.aborted) this.#host.onDialFailed(peerId, false)
    } finally {
      this.#dialling.delete(peerId)
    }
  }

  /** Signs of life to all; those not heard for long are reported. */
  beat(): void {
    const { heartbeatMs, missedHeartbeats } = this.#options
    const nowMs = this.#clock.monotonic()
    const number = ++this.#beat
    const beat = message({
      message: { case: 'heartbeat', value: { number, answer: false, degree: this.degree } },
    })
    const patienceMs = (missedHeartbeats - 0.8) * heartbeatMs
    for (const link of this.#list) {
      link.asked(number, nowMs)
      link.send(beat)
      if (nowMs - link.heardMs > patienceMs && !link.isSuspect) this.#host.onSilent(link)
    }
  }

  /** Ends one neighbourhood in peace. */
  drop(peerId: string): void {
    const link = this.#links.get(peerId)
    if (!link) return
    link.send(message({ message: { case: 'goodbye', value: { onlyHere: true } } }))
    this.#end(link, 'goodbye')
  }

  /** Ends one whose peer is found dead. */
  cut(peerId: string): void {
    const link = this.#links.get(peerId)
    if (link) this.#end(link, 'goodbye')
  }

  stop(): void {
    this.#life.abort()
    this.#transport.onStream = (stream) => stream.close()
    for (const link of this.#list) {
      link.send(message({ message: { case: 'goodbye', value: { onlyHere: false } } }))
      link.close()
    }
    this.#links.clear()
    this.#list = []
  }

  #hello(): NeighbourMessage {
    const urgent = this.degree < this.#options.minNeighbours
    const value = { record: this.#host.record().signed, degree: this.degree, urgent }
    return message({ message: { case: 'hello', value } })
  }

  /** This side opened: hello, and a hello or a refusal back. Resolves when either came, or none in time. */
  #greet(stream: NeighbourStream): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const { peerId } = stream
    let link: NeighbourLink | undefined
    let isAnswered = false
    const timer = this.#helloTimer(stream)
    const first = ({ message: said }: NeighbourMessage) => {
      timer.cancel()
      isAnswered = true
      if (said.case === 'hello') link = this.#admit(stream, this.#host.peerId, said.value, true)
      else if (said.case === 'refusal') this.#host.onOthers(said.value.others)
      // Of two that dialled each other one stream is enough: that one is no failure.
      if (!link && !this.#links.has(peerId)) this.#host.onDialFailed(peerId, true)
      if (!link) stream.close()
      resolve()
    }
    stream.listen(
      (given) => (link ? this.#onMessage(stream, link, given) : first(given)),
      () => {
        timer.cancel()
        if (link) this.#onClose(stream, link)
        else if (!isAnswered && !this.#links.has(peerId)) this.#host.onDialFailed(peerId, false)
        resolve()
      },
    )
    stream.send(this.#hello())
    return promise
  }

  /** Somebody else opened: its hello, then room is found or not. */
  #accept(stream: NeighbourStream): void {
    let link: NeighbourLink | undefined
    const timer = this.#helloTimer(stream)
    stream.listen(
      (given) => {
        if (link) return this.#onMessage(stream, link, given)
        timer.cancel()
        const said = given.message
        if (said.case === 'hello' && this.#hasRoom(stream.peerId, said.value.urgent)) {
          link = this.#admit(stream, stream.peerId, said.value, false)
        } else if (said.case === 'hello') {
          stream.send(message({ message: { case: 'refusal', value: { others: this.#host.others() } } }))
        }
        if (!link) stream.close()
      },
      () => {
        timer.cancel()
        if (link) this.#onClose(stream, link)
      },
    )
  }

  #helloTimer(stream: NeighbourStream): Timer {
    return this.#clock.schedule(() => stream.close(), this.#options.callTimeoutMs)
  }

  #hasRoom(peerId: string, urgent: boolean): boolean {
    const { maxNeighbours, minNeighbours } = this.#options
    if (this.#life.signal.aborted) return false
    if (this.#links.has(peerId) || this.degree < maxNeighbours) return true
    const dropped = urgent ? chooseToDrop(this.#list, minNeighbours) : undefined
    if (dropped !== undefined) this.drop(dropped)
    return dropped !== undefined
  }

  #admit(
    stream: NeighbourStream,
    opener: string,
    hello: NeighbourHello,
    isOurs: boolean,
  ): NeighbourLink | undefined {
    const { peerId } = stream
    let record: PeerRecord
    try {
      record = this.#host.introduce(peerId, hello.record)
    } catch (error) {
      this.#log.debug({ peerId, err: error }, 'a neighbour introduced itself wrongly')
      return undefined
    }
    const nowMs = this.#clock.monotonic()
    const known = this.#links.get(peerId)
    if (known) {
      if (!keepsNewStream({ current: known.opener, next: opener })) return undefined
      if (!isOurs) stream.send(this.#hello())
      known.moveTo(stream, opener)
      known.heardMs = nowMs
      known.record = record
      this.#host.onMoved(known)
      return known
    }
    if (isOurs && this.degree >= this.#options.maxNeighbours) return undefined
    if (!isOurs) stream.send(this.#hello())
    const link = new NeighbourLink(stream, opener, record, hello.degree, nowMs)
    this.#links.set(peerId, link)
    this.#list = [...this.#links.values()]
    this.#host.onUp(link)
    return link
  }

  #onMessage(stream: NeighbourStream, link: NeighbourLink, { message: said }: NeighbourMessage): void {
    if (this.#links.get(link.peerId) !== link) return
    const nowMs = this.#clock.monotonic()
    link.heardMs = nowMs
    if (said.case === 'heartbeat') {
      link.degree = said.value.degree
      if (said.value.answer) {
        link.answered(said.value.number, nowMs)
        return
      }
      const { number } = said.value
      stream.send(
        message({ message: { case: 'heartbeat', value: { number, answer: true, degree: this.degree } } }),
      )
    } else if (said.case === 'goodbye') {
      if (link.isOn(stream)) this.#end(link, 'goodbye')
    } else {
      this.#host.onMessage(link, said)
    }
  }

  #onClose(stream: NeighbourStream, link: NeighbourLink): void {
    if (link.isOn(stream) && this.#links.get(link.peerId) === link) this.#end(link, 'broken')
  }

  #end(link: NeighbourLink, ending: Ending): void {
    this.#links.delete(link.peerId)
    this.#list = [...this.#links.values()]
    link.close()
    this.#host.onDown(link, ending)
  }
}
