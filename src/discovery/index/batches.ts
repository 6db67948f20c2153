import { inBatches } from '../../base/batches.ts'

/** The contract's most entries a batch. */
export const MAX_BATCH_ENTRIES = 1000
/** A quarter of the 4 MiB that a message may have: 1000 entries with the longest paths would not fit into it. */
export const MAX_BATCH_BYTES = 1024 * 1024

/**
 * The items of `groups` in batches of at most {@link MAX_BATCH_ENTRIES} and, by the estimate of `sizeBytes`, about
 * {@link MAX_BATCH_BYTES}; no batch is empty.
 */
export function batched<T>(groups: Iterable<readonly T[]>, sizeBytes: (item: T) => number): Generator<T[]> {
  return inBatches(flat(groups), sizeBytes, { items: MAX_BATCH_ENTRIES, size: MAX_BATCH_BYTES })
}

function* flat<T>(groups: Iterable<readonly T[]>): Generator<T> {
  for (const group of groups) yield* group
}
