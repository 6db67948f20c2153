import type { Bitmap } from './bitmap.ts'
import type { ComingBlocks } from './parts/coming-blocks.ts'

/** Where a fetch puts what it gets: a file on the disk (BlockSink), or memory. */
export interface FetchSink {
  /** Blocks that are there. */
  readonly has: Bitmap
  /** Rejects when it cannot take anything any more; never resolves. */
  readonly failed: Promise<never>
  /** Where blocks are put together that come in parts; undefined: they come as wholes. */
  readonly coming?: ComingBlocks
  /** Given to {@link store} and not yet there. */
  readonly writingBytes: number
  /** Nothing more should be asked for. */
  readonly isBehind: boolean
  /** Verifies a block and keeps it; its memory is given back. False, and nothing is kept, when its bytes are wrong. @throws as {@link failed} */
  store(index: number, bytes: Uint8Array): Promise<boolean>
  /** A block is kept, for the first time. @param peerId who sent it */
  stored(index: number, length: number, peerId: string): void
}
