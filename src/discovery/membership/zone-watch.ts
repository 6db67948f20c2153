import type { Core } from './core.ts'
import { firstPoint, siblingOf } from './point.ts'
import { decideZoneBits, initialZoneBits } from './zone-tree.ts'

/** Decides the node's zone, again whenever something about the peers has changed. */
export class ZoneWatch {
  readonly #core: Core
  readonly #setZone: (bits: number) => void
  readonly #lookUp: (point: number) => void
  /** Something has changed since the last look. */
  isDirty = true
  #hasJoined = false

  constructor(core: Core, setZone: (bits: number) => void, lookUp: (point: number) => void) {
    this.#core = core
    this.#setZone = setZone
    this.#lookUp = lookUp
  }

  /** Finds the node's first zone, once it knows somebody. True when there was one to find. */
  join(): boolean {
    const { table, record, zone } = this.#core
    if (this.#hasJoined || table.size === 0) return false
    this.#hasJoined = true
    const guess = zone.bits || initialZoneBits(record.point, this.#core.closest(record.point, 8))
    const bits = this.#settledBits(guess)
    if (bits === zone.bits) return false
    this.#setZone(bits)
    return true
  }

  check(): void {
    const { table, record, zone } = this.#core
    if (!this.isDirty || !this.#hasJoined) return
    this.isDirty = false
    const members = table.around(record.point).filter(({ role }) => role !== 'leaf')
    const bits = decideZoneBits(record.point, zone.bits, members, table.knowsAll)
    if (bits === zone.bits) return
    this.#setZone(bits)
    if (bits > zone.bits || table.knowsAll) return
    // Of the wider zone the other half has to be found.
    this.#lookUp(record.point)
    this.#lookUp(firstPoint(siblingOf(this.#core.zone.label) || 1))
  }

  /** As many bits as all that is known speaks for, beginning with a guess: a newcomer need not go there bit by bit. */
  #settledBits(guess: number): number {
    const { table, record } = this.#core
    const members = [...table.around(record.point)].filter(({ role }) => role !== 'leaf')
    let bits = guess
    for (let i = 0; i < 24; i++) {
      const next = decideZoneBits(record.point, bits, members, table.knowsAll)
      if (next === bits) break
      bits = next
    }
    return bits
  }
}
