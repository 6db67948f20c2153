/** What decides which of two records of a key is newer. */
export interface ValueHead {
  readonly key: string
  readonly version: number
  /** PeerId. */
  readonly writer: string
  /** 32 bytes. */
  readonly valueSha256: Uint8Array
  /** Ms since the Unix epoch. */
  readonly expiresMs: number
}

/**
 * Which of two records of one key is newer: above 0 when `a` is, 0 when they say the same. The same everywhere, so copies agree
 * whatever the order in which records come: by version, then writer, then SHA-256 of the value, then expiry (a renewed record is
 * newer than what it renews, and older than any later value).
 */
export function compareRecords(a: ValueHead, b: ValueHead): number {
  return (
    Math.sign(a.version - b.version) ||
    // PeerIds are ASCII, so this is their order byte by byte.
    (a.writer < b.writer ? -1 : a.writer > b.writer ? 1 : 0) ||
    Buffer.compare(a.valueSha256, b.valueSha256) ||
    Math.sign(a.expiresMs - b.expiresMs)
  )
}

/** The newest; undefined of none. */
export function newest<T extends ValueHead>(records: Iterable<T | undefined>): T | undefined {
  let best: T | undefined
  for (const record of records)
    if (record && (best === undefined || compareRecords(record, best) > 0)) best = record
  return best
}

/** The version for a new value: above the newest that was found, and never behind the clock. */
export const nextVersion = (found: number | undefined, nowMs: number): number =>
  Math.max((found ?? 0) + 1, Math.trunc(nowMs))
