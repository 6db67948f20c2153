import { type Clock, every, type Timer } from '../base/clock.ts'
import { RateMeter } from '../base/rate-meter.ts'

/** An upload, as far as its rate depends on it. */
export interface MeteredRow {
  readonly peerId: string
  readonly cid: string
  /** Bytes sent on this stream. */
  readonly bytes: number
}

/** How often the uploads are looked at, ms: as fine as the meter is. */
const SAMPLE_MS = 250

interface Metered {
  bytes: number
  readonly meter: RateMeter
}

/** Rates of uploads, from looking at their bytes now and again. Remembers the uploads of the last look only. */
export class UploadRates {
  readonly #clock: Clock
  readonly #rows: () => readonly MeteredRow[]
  #metered = new Map<string, Metered>()
  readonly #timer: Timer

  /** Begins to look. @param rows the present uploads, in any order */
  constructor(clock: Clock, rows: () => readonly MeteredRow[]) {
    this.#clock = clock
    this.#rows = rows
    this.#timer = every(clock, SAMPLE_MS, () => this.#look())
  }

  /** Bytes a second over the last three seconds of each of these uploads, in their order; 0 for one that is new. */
  of(rows: readonly MeteredRow[]): number[] {
    const nowMs = this.#clock.monotonic()
    return keyed(rows).map(([key]) => this.#metered.get(key)?.meter.rateBytesPerSecond(nowMs) ?? 0)
  }

  stop(): void {
    this.#timer.cancel()
    this.#metered.clear()
  }

  #look(): void {
    const nowMs = this.#clock.monotonic()
    const next = new Map<string, Metered>()
    for (const [key, { bytes }] of keyed(this.#rows())) {
      const metered = this.#metered.get(key) ?? { bytes: 0, meter: new RateMeter() }
      metered.meter.add(Math.max(0, bytes - metered.bytes), nowMs)
      metered.bytes = bytes
      next.set(key, metered)
    }
    this.#metered = next
  }
}

/** A peer may fetch the same twice at a time: its streams are told apart by what they have sent, the most first. */
function keyed(rows: readonly MeteredRow[]): [key: string, row: MeteredRow][] {
  const counts = new Map<string, number>()
  const places = new Map<MeteredRow, number>()
  for (const row of [...rows].sort((a, b) => b.bytes - a.bytes)) {
    const upload = `${row.peerId} ${row.cid}`
    const count = counts.get(upload) ?? 0
    counts.set(upload, count + 1)
    places.set(row, count)
  }
  return rows.map((row) => [`${row.peerId} ${row.cid} ${places.get(row)}`, row])
}
