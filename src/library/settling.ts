import type { Clock, Timer } from '../base/clock.ts'
import { keyText, type ShareFile } from './file-key.ts'
import { statOrNothing, toDiskStat } from './listing.ts'
import { type DiskStat, isOld, type Sighting, settleVerdict } from './settle.ts'

/** How often waiting files are looked at within `settleMs`; bounded below so that short waits cost no busy loop. */
const LOOKS_PER_WAIT = 4
const MIN_PAUSE_MS = 20
/** A file that has been waiting for so many times `settleMs` no longer holds up others. */
const PATIENCE = 5

export interface SettlingParts {
  readonly clock: Clock
  readonly settleMs: number
  /** Files that may wait at once. */
  readonly capacity: number
  /** A file has settled; `stat` is how it is now. */
  readonly onReady: (file: ShareFile, stat: DiskStat) => void
  /** No file waits any more. */
  readonly onEmpty: () => void
}

interface Waiting {
  readonly file: ShareFile
  readonly firstMs: number
  sighting: Sighting
}

/** Files that may still be being written: each is handed on when size and time stood still for `settleMs`. */
export class Settling {
  readonly #parts: SettlingParts
  readonly #waiting = new Map<string, Waiting>()
  #timer: Timer | undefined
  #looking: Promise<void> | undefined
  #stopped = false

  constructor(parts: SettlingParts) {
    this.#parts = parts
  }

  get size(): number {
    return this.#waiting.size
  }

  /** True while files of a share will probably be ready soon; one that is written to for long does not count. */
  holdsUp(shareId: number): boolean {
    const { clock, settleMs } = this.#parts
    const sinceMs = clock.monotonic() - PATIENCE * settleMs
    for (const { file, firstMs } of this.#waiting.values()) {
      if (file.shareId === shareId && firstMs > sinceMs) return true
    }
    return false
  }

  /** Hands the file on, at once when its times say that it has settled. False when there is no room: it will have settled by the next rescan. */
  offer(file: ShareFile, stat: DiskStat): boolean {
    const { clock, settleMs, capacity, onReady } = this.#parts
    const key = keyText(file)
    if (isOld(stat, clock.now(), settleMs)) {
      this.#waiting.delete(key)
      onReady(file, stat)
      return true
    }
    const sighting = { stat, sinceMs: clock.monotonic() }
    const known = this.#waiting.get(key)
    if (known) {
      const verdict = settleVerdict(known.sighting, stat, { steadyMs: sighting.sinceMs, settleMs })
      if (verdict === 'again') known.sighting = sighting
      return true
    }
    if (this.#waiting.size >= capacity) return false
    this.#waiting.set(key, { file, sighting, firstMs: sighting.sinceMs })
    this.#arm()
    return true
  }

  /** Forgets files that are no longer wanted. */
  drop(isUnwanted: (file: ShareFile) => boolean): void {
    for (const [key, { file }] of this.#waiting) if (isUnwanted(file)) this.#waiting.delete(key)
  }

  async stop(): Promise<void> {
    this.#stopped = true
    this.#timer?.cancel()
    this.#waiting.clear()
    await this.#looking
  }

  #arm(): void {
    if (this.#timer || this.#stopped || this.#waiting.size === 0) return
    const { clock, settleMs } = this.#parts
    this.#timer = clock.schedule(
      () => {
        this.#looking = this.#look()
      },
      Math.max(MIN_PAUSE_MS, settleMs / LOOKS_PER_WAIT),
    )
  }

  async #look(): Promise<void> {
    const { clock, settleMs, onReady, onEmpty } = this.#parts
    for (const [key, waiting] of this.#waiting) {
      const steadyMs = clock.monotonic()
      if (steadyMs - waiting.sighting.sinceMs < settleMs) continue
      const facts = await statOrNothing(waiting.file.absPath)
      if (this.#waiting.get(key) !== waiting) continue
      if (!facts?.isFile()) {
        this.#waiting.delete(key)
        continue
      }
      const stat = toDiskStat(facts)
      const verdict = settleVerdict(waiting.sighting, stat, { steadyMs, settleMs })
      if (verdict === 'again') waiting.sighting = { stat, sinceMs: steadyMs }
      if (verdict !== 'ready') continue
      this.#waiting.delete(key)
      onReady(waiting.file, stat)
    }
    this.#timer = undefined
    this.#arm()
    if (this.#waiting.size === 0) onEmpty()
  }
}
