import { BLOCK_SIZE } from '../content/cid.ts'
import type { BlockSink } from './block-sink.ts'
import type { FetchTarget } from './fetch-target.ts'
import type { PartFile } from './part-file.ts'

/** What is read first of a block: all zero there means a hole in the file, and the rest is not read. A page, the least a disk reads. */
const PROBE_BYTES = 4096

/**
 * Finds blocks that are in the part file though the journal does not know them: after a crash of the process, what was written between the last flush and
 * the crash is still in the page cache. Verified like any block that comes over the wire, so it need not be fetched twice.
 *
 * @returns how many were found
 */
export async function salvage(
  target: FetchTarget,
  part: PartFile,
  sink: BlockSink,
  signal: AbortSignal,
): Promise<number> {
  let found = 0
  for (let index = 0; index < target.blockCount; index++) {
    if (sink.has.has(index)) continue
    signal.throwIfAborted()
    const offset = index * BLOCK_SIZE
    const size = target.plannedSizeOf(index)
    const probe = await part.read(offset, Math.min(size, PROBE_BYTES))
    if (probe.every((byte) => byte === 0)) continue
    if (!target.verify(index, await part.read(offset, size))) continue
    sink.found(index)
    found++
  }
  return found
}
