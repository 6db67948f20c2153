import type { ErrorCode } from '../../base/errors.ts'
import type { FileStat } from '../ports.ts'

/** Small files whose bytes lie in a piece of shared memory. Lists rather than an object a file: those would cost more to hand over than to write. */
export interface SmallPuts {
  /** Absolute. What lies there is this program's own and is replaced. */
  readonly paths: readonly string[]
  /** Where in the memory each begins, and its bytes. */
  readonly offsets: readonly number[]
  readonly lengths: readonly number[]
  /** What their SHA-256 must be, 32 bytes each. */
  readonly digests: Uint8Array
}

/** A small file that may lie on the disk. */
export interface SmallCheck {
  /** Absolute. */
  readonly path: string
  readonly digest: Uint8Array
}

/** Small files that are to be read into a piece of shared memory. */
export interface SmallReadList {
  /** Absolute. */
  readonly paths: readonly string[]
  /** Where the first byte of each goes, and how many at the most. */
  readonly offsets: readonly number[]
  readonly lengths: readonly number[]
}

/** What was read of a small file, and its stat right after. */
export interface SmallFound {
  readonly length: number
  readonly stat: FileStat
}

/** What a disk thread is told to do. File descriptors are those of the process. */
export type DiskRequest =
  /** Compare a block with its SHA-256; when it is right, write it. */
  | {
      readonly type: 'store'
      readonly block: Uint8Array<SharedArrayBuffer>
      readonly digest: Uint8Array
      readonly fd: number
      readonly position: number
    }
  /** Compare a block with its SHA-256. */
  | { readonly type: 'hash'; readonly block: Uint8Array<SharedArrayBuffer>; readonly digest: Uint8Array }
  /** Write a block. */
  | {
      readonly type: 'write'
      readonly block: Uint8Array<SharedArrayBuffer>
      readonly fd: number
      readonly position: number
    }
  /** Read a block and compare it with its SHA-256. */
  | {
      readonly type: 'check'
      readonly fd: number
      readonly position: number
      readonly length: number
      readonly digest: Uint8Array
    }
  /** Add the next bytes of a file to its SHA-256, which was begun under `chain`. */
  | {
      readonly type: 'chain'
      readonly chain: number
      readonly fd: number
      readonly position: number
      readonly length: number
    }
  /** Give the SHA-256 of a chain, hex, or nothing when it is not wanted any more, and forget it. */
  | { readonly type: 'chain-end'; readonly chain: number }
  /** Compare small files with their digests and write those that are right, each as a whole. */
  | {
      readonly type: 'put-files'
      readonly memory: Uint8Array<SharedArrayBuffer>
      readonly puts: SmallPuts
    }
  /** Read small files of at most a block and compare them with their digests. */
  | { readonly type: 'check-files'; readonly files: readonly SmallCheck[] }
  /** Read the first bytes of files. */
  | {
      readonly type: 'read-files'
      readonly memory: Uint8Array<SharedArrayBuffer>
      readonly reads: SmallReadList
    }
  /** Make the bytes of files durable. */
  | { readonly type: 'sync-files'; readonly paths: readonly string[] }

/** What a disk thread answers. `files`: for each small file its stat, or null when it is not there or has other bytes; `found`: see `small-found.ts`. */
export type DiskReply =
  | {
      readonly status: 'done'
      readonly isRight: boolean
      readonly hex?: string | undefined
      readonly files?: readonly (FileStat | null)[]
      readonly found?: Float64Array
    }
  | { readonly status: 'failed'; readonly code: ErrorCode; readonly message: string }
