/** The upload queue, as far as waiting depends on it. */
export interface UploadQueue {
  /** Streams that may send at once. At least 1. */
  readonly slots: number
  /** What all of them send now, bytes a second. */
  readonly rateBytesPerSecond: number
  /** Of each stream that sends: bytes until it gives up its slot. */
  readonly active: readonly { readonly leftBytes: number }[]
  /** Of each stream that waits, the next one first: bytes it will send in its turn. */
  readonly queued: readonly { readonly leftBytes: number }[]
}

/**
 * How long each waiting stream probably waits for a slot, ms, in the order of `queued`: the bytes before it at the present rate, which the slots share
 * equally. Undefined while nothing is sent, for then nothing can be told.
 */
export function expectedWaitsMs({
  slots,
  rateBytesPerSecond,
  active,
  queued,
}: UploadQueue): (number | undefined)[] {
  if (!(rateBytesPerSecond > 0)) return queued.map(() => undefined)
  const slotRate = rateBytesPerSecond / Math.max(1, active.length)
  const toMs = (bytes: number) => (bytes / slotRate) * 1000
  // When each slot becomes free; one that is free already goes to the next in line at once.
  const freeMs = active.map(({ leftBytes }) => toMs(leftBytes))
  while (freeMs.length < slots) freeMs.push(0)
  return queued.map(({ leftBytes }) => {
    const waitMs = Math.min(...freeMs)
    freeMs[freeMs.indexOf(waitMs)] = waitMs + toMs(leftBytes)
    return Math.round(waitMs)
  })
}

/**
 * Bytes that a stream sends until it gives up its slot: to the end of the file, or until its turn is over.
 *
 * @param bytes sent on this stream
 * @param sizeBytes of the file; undefined when it is not known
 * @param rotateBytes length of a turn
 */
export function turnBytesLeft(bytes: number, sizeBytes: number | undefined, rotateBytes: number): number {
  const ofTurn = rotateBytes - (bytes % rotateBytes)
  return Math.max(0, Math.min(ofTurn, sizeBytes === undefined ? ofTurn : sizeBytes - bytes))
}
