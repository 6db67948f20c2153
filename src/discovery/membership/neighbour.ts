import type { NeighbourMessage } from '../../contract/gen/shoal/v1/neighbour_pb.ts'
import type { PeerRecord } from './peer-record.ts'
import type { NeighbourStream } from './ports.ts'
import type { Neighbour } from './types.ts'

/** Weight of a new measurement of the round trip. */
const SMOOTHING = 0.3

/** Obituaries and probes that it may send at once, and how many more each second: beyond, they are passed over. */
const MAX_CLAIMS = 500
const CLAIMS_PER_S = 20

/** One neighbour: its stream, and when it was heard last. */
export class NeighbourLink implements Neighbour {
  readonly peerId: string
  readonly point: number
  record: PeerRecord
  /** Who opened the stream. */
  opener: string
  /** Neighbours that it has, as it said last. */
  degree: number
  heardMs: number
  /** Somebody looks for it, because it has been silent. */
  isSuspect = false
  latencyMs: number | undefined
  #stream: NeighbourStream
  #claims = MAX_CLAIMS
  #claimedMs = 0
  #beat: { number: number; sentMs: number } | undefined

  constructor(stream: NeighbourStream, opener: string, record: PeerRecord, degree: number, nowMs: number) {
    this.peerId = record.peerId
    this.point = record.point
    this.record = record
    this.opener = opener
    this.degree = degree
    this.heardMs = nowMs
    this.#stream = stream
  }

  send(message: NeighbourMessage): boolean {
    return this.#stream.send(message)
  }

  isOn(stream: NeighbourStream): boolean {
    return this.#stream === stream
  }

  /** Goes on with another stream; the one before is closed. */
  moveTo(stream: NeighbourStream, opener: string): void {
    const before = this.#stream
    this.#stream = stream
    this.opener = opener
    before.close()
  }

  close(): void {
    this.#stream.close()
  }

  /** Whether one more obituary or probe of its is looked at. */
  mayClaim(nowMs: number): boolean {
    const more = ((nowMs - this.#claimedMs) / 1000) * CLAIMS_PER_S
    this.#claims = Math.min(MAX_CLAIMS, this.#claims + more)
    this.#claimedMs = nowMs
    if (this.#claims < 1) return false
    this.#claims--
    return true
  }

  /** Notes a heartbeat that goes out. */
  asked(number: number, nowMs: number): void {
    this.#beat = { number, sentMs: nowMs }
  }

  /** Notes the answer to a heartbeat. */
  answered(number: number, nowMs: number): void {
    if (this.#beat?.number !== number) return
    const measured = nowMs - this.#beat.sentMs
    this.#beat = undefined
    this.latencyMs =
      this.latencyMs === undefined ? measured : this.latencyMs + SMOOTHING * (measured - this.latencyMs)
  }
}
