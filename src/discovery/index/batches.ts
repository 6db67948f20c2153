/** The contract's most entries a batch. */
export const MAX_BATCH_ENTRIES = 1000
/** A quarter of the 4 MiB that a message may have: 1000 entries with the longest paths would not fit into it. */
export const MAX_BATCH_BYTES = 1024 * 1024

/**
 * The items of `groups` in batches of at most {@link MAX_BATCH_ENTRIES} and, by the estimate of `sizeBytes`, about
 * {@link MAX_BATCH_BYTES}; no batch is empty.
 */
export function* batched<T>(groups: Iterable<readonly T[]>, sizeBytes: (item: T) => number): Generator<T[]> {
  let batch: T[] = []
  let bytes = 0
  for (const group of groups) {
    for (const item of group) {
      const itemBytes = sizeBytes(item)
      if (batch.length > 0 && (batch.length >= MAX_BATCH_ENTRIES || bytes + itemBytes > MAX_BATCH_BYTES)) {
        yield batch
        batch = []
        bytes = 0
      }
      batch.push(item)
      bytes += itemBytes
    }
  }
  if (batch.length > 0) yield batch
}
