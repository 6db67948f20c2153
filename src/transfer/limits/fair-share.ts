import { type Bucket, MAX_PIECE_BYTES, type SharedBucket } from './bucket.ts'

/** One peer's place among those who share limits. */
export interface Line {
  /** The limits that hold for it and for others. May change at any time. */
  shared: readonly SharedBucket[]
  /** Its own limit. */
  own: Bucket | undefined
  /** What it waits for, in order of arrival. */
  readonly demands: Demand[]
  /** How far it has been served: virtual time, bytes. */
  served: number
}

/** Bytes that somebody waits for. */
export interface Demand {
  readonly line: Line
  leftBytes: number
}

/** What passes now, and when to ask again. */
export interface Grants {
  /** Demands that are met in full, in the order in which they were. */
  readonly done: readonly Demand[]
  /** Ms until more may pass; undefined when nobody waits. */
  readonly waitMs: number | undefined
}

export const newLine = (): Line => ({ shared: [], own: undefined, demands: [], served: 0 })

/** The most that may pass for it in one turn, bytes; Infinity without a limit. */
export function pieceOf({ shared, own }: Line): number {
  const piece = own?.pieceBytes ?? Number.POSITIVE_INFINITY
  return shared.reduce((least, bucket) => Math.min(least, bucket.pieceBytes), piece)
}

/**
 * Who may pass next: piece by piece the peer that got the fewest bytes, and within a peer in order of arrival. Whoever asks with many
 * streams gets no more than who asks with one. Time is handed in; nothing waits here.
 *
 * Start-time fair queueing (Goyal, Vin, Cheng: SIGCOMM 1996), with a virtual time for each shared limit: what passes under one says nothing about who
 * comes next under another.
 */
export class FairShare {
  readonly #waiting = new Set<Line>()

  get waiting(): number {
    return this.#waiting.size
  }

  /** Takes bytes at once, when nobody waits and all limits allow it. */
  tryTake(line: Line, bytes: number, nowMs: number): boolean {
    if (line.shared.length === 0 && !line.own) return true
    if (this.#waiting.size > 0 || bytes > pieceOf(line)) return false
    if (slowest(line, bytes, nowMs).ms > 0) return false
    catchUp(line)
    serve(line, bytes)
    return true
  }

  add(line: Line, bytes: number): Demand {
    const demand = { line, leftBytes: bytes }
    if (line.demands.length === 0) catchUp(line)
    line.demands.push(demand)
    this.#waiting.add(line)
    return demand
  }

  /** Of a demand that nobody waits for any more. Harmless when it is not there. */
  remove(demand: Demand): void {
    const { demands } = demand.line
    const at = demands.indexOf(demand)
    if (at >= 0) demands.splice(at, 1)
    if (demands.length === 0) this.#waiting.delete(demand.line)
  }

  /** After limits have changed. */
  changed(): void {
    for (const line of this.#waiting) catchUp(line)
  }

  /**
   * Lets pass what may, of each peer at most one demand: whoever asks with one stream can then ask again before others, who ask with many, get
   * what is left.
   */
  grant(nowMs: number): Grants {
    const done: Demand[] = []
    const candidates = new Set(this.#waiting)
    // A limit that the next in turn waits for is kept for it: others with smaller pieces would use it up for ever.
    const kept = new Set<Bucket>()
    let waitMs = Number.POSITIVE_INFINITY
    while (candidates.size > 0) {
      const line = leastServed(candidates)
      const demand = line.demands[0]!
      const bytes = Math.min(demand.leftBytes, pieceOf(line))
      const wait = slowest(line, bytes, nowMs)
      if (wait.ms > 0 || line.shared.some((each) => kept.has(each))) {
        if (wait.bucket) kept.add(wait.bucket)
        if (wait.ms > 0) waitMs = Math.min(waitMs, wait.ms)
        candidates.delete(line)
        continue
      }
      serve(line, bytes)
      demand.leftBytes -= bytes
      if (demand.leftBytes > 0) continue
      this.remove(demand)
      done.push(demand)
      candidates.delete(line)
      if (line.demands.length > 0) waitMs = 0
    }
    return { done, waitMs: this.#waiting.size > 0 ? waitMs : undefined }
  }
}

function leastServed(lines: Iterable<Line>): Line {
  let least: Line | undefined
  for (const line of lines) if (!least || line.served < least.served) least = line
  return least!
}

/** The limit that keeps a line waiting for longest; none when it need not wait. */
function slowest({ shared, own }: Line, bytes: number, nowMs: number): { bucket?: Bucket; ms: number } {
  let worst: { bucket?: Bucket; ms: number } = { ms: 0 }
  for (const bucket of own ? [...shared, own] : shared) {
    const ms = bucket.waitMs(bytes, nowMs)
    if (ms > worst.ms) worst = { bucket, ms }
  }
  return worst
}

function serve(line: Line, bytes: number): void {
  line.own?.take(bytes)
  for (const bucket of line.shared) {
    bucket.take(bytes)
    bucket.virtualNow = line.served
  }
  line.served += bytes
}

/** Who comes late has no claim to what others got before; and who was served under other limits pays nothing for it here. */
function catchUp(line: Line): void {
  if (line.shared.length === 0) return
  const now = Math.min(...line.shared.map(({ virtualNow }) => virtualNow))
  line.served = Math.min(Math.max(line.served, now), now + MAX_PIECE_BYTES)
}
