/** Most items of a batch, and most of what they measure together. */
export interface BatchLimits {
  readonly items: number
  readonly size: number
}

/** `items` in order in batches within both limits, by the measure of `sizeOf`; one that is too big goes alone, and no batch is empty. */
export function* inBatches<T>(
  items: Iterable<T>,
  sizeOf: (item: T) => number,
  limits: BatchLimits,
): Generator<T[], void, undefined> {
  let batch: T[] = []
  let total = 0
  for (const item of items) {
    const size = sizeOf(item)
    if (batch.length > 0 && (batch.length >= limits.items || total + size > limits.size)) {
      yield batch
      batch = []
      total = 0
    }
    batch.push(item)
    total += size
  }
  if (batch.length > 0) yield batch
}
