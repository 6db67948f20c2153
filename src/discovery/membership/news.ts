import { create } from '@bufbuild/protobuf'
import type { Clock, Timer } from '../../base/clock.ts'
import {
  type NeighbourMessage,
  NeighbourMessageSchema,
  type Obituary,
  ObituarySchema,
  type SignedPeerRecord,
} from '../../contract/gen/shoal/v1/neighbour_pb.ts'

const MAX_RECORDS = 200
const MAX_DEAD = 1000

/** One thing to be passed on, and from whom it came. */
interface Item {
  readonly record?: SignedPeerRecord
  readonly dead?: Obituary
  readonly from: string | undefined
}

interface Reader {
  readonly peerId: string
  send(message: NeighbourMessage): boolean
}

/** What one neighbour tells another about the peers. */
export function newsMessage(
  records: readonly SignedPeerRecord[],
  dead: readonly Obituary[] = [],
  wantedZones: readonly number[] = [],
): NeighbourMessage {
  const value = {
    records: records.slice(0, MAX_RECORDS),
    dead: dead.slice(0, MAX_DEAD),
    wantedZones: [...wantedZones],
  }
  return create(NeighbourMessageSchema, { message: { case: 'news', value } })
}

export function obituary(peerId: string, seq: number): Obituary {
  return create(ObituarySchema, { peerId, seq: BigInt(seq) })
}

/** Gathers news for a moment, then passes them on to all neighbours but the one from whom each came. */
export class News {
  readonly #clock: Clock
  readonly #delayMs: number
  readonly #readers: () => readonly Reader[]
  #items: Item[] = []
  #timer: Timer | undefined

  constructor(clock: Clock, delayMs: number, readers: () => readonly Reader[]) {
    this.#clock = clock
    this.#delayMs = delayMs
    this.#readers = readers
  }

  add(item: Item): void {
    this.#items.push(item)
    this.#timer ??= this.#clock.schedule(() => this.flush(), this.#delayMs)
  }

  /** Sends at once what was gathered. */
  flush(): void {
    this.#timer?.cancel()
    this.#timer = undefined
    const items = this.#items
    this.#items = []
    if (items.length === 0) return
    const sources = new Set(items.map(({ from }) => from))
    const shared = pack(items)
    for (const reader of this.#readers()) {
      // Most get the same, which is made once.
      const messages = sources.has(reader.peerId)
        ? pack(items.filter(({ from }) => from !== reader.peerId))
        : shared
      for (const message of messages) reader.send(message)
    }
  }

  stop(): void {
    this.#timer?.cancel()
    this.#items = []
  }
}

function pack(items: readonly Item[]): NeighbourMessage[] {
  const records = items.flatMap(({ record }) => record ?? [])
  const dead = items.flatMap(({ dead }) => dead ?? [])
  const messages: NeighbourMessage[] = []
  for (let i = 0; i < Math.max(records.length / MAX_RECORDS, dead.length / MAX_DEAD); i++)
    messages.push(
      newsMessage(
        records.slice(i * MAX_RECORDS, (i + 1) * MAX_RECORDS),
        dead.slice(i * MAX_DEAD, (i + 1) * MAX_DEAD),
      ),
    )
  return messages
}
