/** Bytes are kept by the quarter of an hour: a day of them needs no more than 97 numbers. */
const PART_MS = 15 * 60_000
const PARTS = 96

/**
 * Bytes of the last 24 hours (up to a quarter of an hour more). Times are of a steady clock, ms.
 */
export class DayCount {
  /** Oldest first; `part` counts quarters of an hour of the clock. */
  readonly #parts: { readonly part: number; bytes: number }[] = []
  #sum = 0

  add(bytes: number, nowMs: number): void {
    const part = Math.floor(nowMs / PART_MS)
    this.#forget(part)
    const last = this.#parts.at(-1)
    if (last?.part === part) last.bytes += bytes
    else this.#parts.push({ part, bytes })
    this.#sum += bytes
  }

  sum(nowMs: number): number {
    this.#forget(Math.floor(nowMs / PART_MS))
    return this.#sum
  }

  /** Ms until fewer than `limit` bytes are left to count when none are added; 0 when it is so now. */
  opensAfterMs(limit: number, nowMs: number): number {
    let left = this.sum(nowMs)
    for (const { part, bytes } of this.#parts) {
      if (left < limit) break
      left -= bytes
      if (left < limit) return (part + PARTS + 1) * PART_MS - nowMs
    }
    return 0
  }

  #forget(part: number): void {
    while (this.#parts.length > 0 && this.#parts[0]!.part + PARTS < part)
      this.#sum -= this.#parts.shift()!.bytes
  }
}
