/** Width of a slice and number of slices: 3 s, long enough to be calm and short enough to follow. */
const SLICE_MS = 250
const SLICES = 12

/** Bytes a second over the last three seconds. Times are of a monotonic clock, ms, never going back. */
export class RateMeter {
  readonly #slices = new Float64Array(SLICES)
  #slice = 0
  #firstMs: number | undefined

  add(bytes: number, nowMs: number): void {
    this.#roll(nowMs)
    this.#slices[this.#slice % SLICES]! += bytes
  }

  rateBytesPerSecond(nowMs: number): number {
    if (this.#firstMs === undefined) return 0
    this.#roll(nowMs)
    let bytes = 0
    for (const slice of this.#slices) bytes += slice
    // A meter that began less than a window ago divides by its age; never by less than a slice, or the first bytes look endless.
    const spanMs = Math.min(nowMs - this.#firstMs, (SLICES - 1) * SLICE_MS + (nowMs % SLICE_MS))
    return (bytes * 1000) / Math.max(spanMs, SLICE_MS)
  }

  #roll(nowMs: number): void {
    const slice = Math.floor(nowMs / SLICE_MS)
    if (this.#firstMs === undefined) {
      this.#firstMs = nowMs
      this.#slice = slice
    }
    const steps = Math.min(slice - this.#slice, SLICES)
    for (let i = 1; i <= steps; i++) this.#slices[(slice - steps + i) % SLICES] = 0
    this.#slice = Math.max(this.#slice, slice)
  }
}
