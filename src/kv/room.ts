import type { KvLimits } from './options.ts'

/** How much is kept. */
export interface Held {
  readonly records: number
  readonly sizeBytes: number
}

/** What a record needs, and what there is. */
export interface RoomAsk {
  readonly limits: KvLimits
  readonly sizeBytes: number
  /** All that is kept, without the record that the new one replaces. */
  readonly all: Held
  /** All of the same writer, without the record that the new one replaces. */
  readonly ofWriter: Held
  /** What may go: records of others that are farther from this node than the new one, the farthest first. */
  readonly farther: Iterable<{ readonly key: string; readonly sizeBytes: number }>
}

/** Whether there is room: after these have gone, or not and why. */
export type Room =
  | { readonly fits: true; readonly evict: readonly string[] }
  | { readonly fits: false; readonly full: 'writer' | 'node' }

/**
 * Makes room for a record. A writer who has too much is refused. A node that is full lets go of records whose keys are farther
 * from it than the new one's, the farthest first: those are the ones that others are closer to.
 */
export function roomFor({ limits, sizeBytes, all, ofWriter, farther }: RoomAsk): Room {
  const writerFull =
    ofWriter.records + 1 > limits.maxRecordsPerWriter ||
    ofWriter.sizeBytes + sizeBytes > limits.maxBytesPerWriter
  if (writerFull) return { fits: false, full: 'writer' }
  let { records, sizeBytes: bytes } = all
  const fits = () => records + 1 <= limits.maxRecords && bytes + sizeBytes <= limits.maxBytes
  const evict: string[] = []
  if (fits()) return { fits: true, evict }
  for (const record of farther) {
    evict.push(record.key)
    records--
    bytes -= record.sizeBytes
    if (fits()) return { fits: true, evict }
  }
  return { fits: false, full: 'node' }
}
