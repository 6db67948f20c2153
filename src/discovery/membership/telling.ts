import type { Preference } from './closest.ts'
import type { Core } from './core.ts'
import { inZone, parentOf } from './point.ts'

const AT_ONCE = 8
/** Peers of the own and the sibling zone who are told of a new record by a call each. */
const MAX_KIN = 48
const DELAY_MS = 50

/** Tells those of the own and the sibling zone of the present record. */
export class Telling {
  readonly #core: Core
  readonly #preference: () => Preference
  /** Numbers of the records that peers know of this node. */
  readonly #told = new Map<string, number>()
  readonly #telling = new Set<string>()

  constructor(core: Core, preference: () => Preference) {
    this.#core = core
    this.#preference = preference
  }

  /** The peer knows the present record. */
  note(peerId: string): void {
    this.#told.set(peerId, this.#core.record.seq)
  }

  forget(peerId: string): void {
    this.#told.delete(peerId)
  }

  want(): void {
    this.#core.timers.after('tell', DELAY_MS, () => this.#tell())
  }

  /** Of the own zone or its sibling. */
  isKin(point: number): boolean {
    return inZone(point, parentOf(this.#core.zone.label))
  }

  #tell(): void {
    const { setup, table, notes, record: own } = this.#core
    const { seq } = own
    const nowMs = setup.clock.monotonic()
    // The closest are those of the zone when it has split as far as it will; a crowd in a wide one hears of it by and by.
    for (const record of table.closestNear(own.point, MAX_KIN, this.#preference())) {
      if (this.#telling.size >= AT_ONCE) return
      const { peerId } = record
      const isKnown = (this.#told.get(peerId) ?? 0) >= seq || this.#telling.has(peerId)
      if (isKnown || record.role === 'leaf' || !this.isKin(record.point)) continue
      if ((notes.peek(peerId)?.avoidUntilMs ?? 0) > nowMs) continue
      this.#telling.add(peerId)
      void this.#ping(peerId, record, seq)
    }
  }

  async #ping(peerId: string, record: Core['record'], seq: number): Promise<void> {
    const { caller, options } = this.#core
    try {
      const answer = await caller.ping(record, options.probeTimeoutMs)
      this.#told.set(peerId, seq)
      this.#core.reportAlive(peerId, answer.latencyMs)
      this.#core.learn(answer.record, { direct: true })
    } catch {
      this.#core.reportFailure(peerId)
    }
    this.#telling.delete(peerId)
    if (this.#telling.size === 0) this.want()
  }
}
