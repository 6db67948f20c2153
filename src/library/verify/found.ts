import { blocksOfSize } from '../../content/manifest.ts'
import type { KnownContent } from '../../storage/catalogue-types.ts'
import type { BlockTally, Finding, FoundBlocks } from '../../storage/verify-types.ts'

/** Wrong blocks that are named; of more only their number is told. */
export const MAX_BLOCKS_NAMED = 16

/** What was found before, and now; ranges may come in any order. */
export function addFound(
  before: FoundBlocks,
  now: { readonly wrong: readonly number[]; readonly unreadable: readonly number[] },
): FoundBlocks {
  return { wrong: add(before.wrong, now.wrong), unreadable: add(before.unreadable, now.unreadable) }
}

function add({ count, first }: BlockTally, blocks: readonly number[]): BlockTally {
  if (blocks.length === 0) return { count, first }
  const lowest = [...first, ...blocks].sort((a, b) => a - b).slice(0, MAX_BLOCKS_NAMED)
  return { count: count + blocks.length, first: lowest }
}

/** What is wrong with a file that was read; undefined when nothing is. Wrong bytes weigh more than bytes that cannot be had. */
export function findingOf({ absPath, cid, stat }: KnownContent, { wrong, unreadable }: FoundBlocks) {
  const tell = (reason: Finding['reason'], { count, first }: BlockTally): Finding => ({
    path: absPath,
    cid,
    reason,
    blockCount: count,
    blocks: first,
  })
  if (wrong.count > 0) return tell(wrong.count === blocksOfSize(stat.size) ? 'changed' : 'blocks', wrong)
  return unreadable.count > 0 ? tell('unreadable', unreadable) : undefined
}
