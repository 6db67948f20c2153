import type { ErrorCode } from '../../base/errors.ts'

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

/** What a disk thread answers. */
export type DiskReply =
  | { readonly status: 'done'; readonly isRight: boolean; readonly hex?: string | undefined }
  | { readonly status: 'failed'; readonly code: ErrorCode; readonly message: string }
