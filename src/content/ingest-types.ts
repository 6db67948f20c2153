import type { ErrorCode } from '../base/errors.ts'

/** What one reading of a file gives. */
export interface Ingested {
  /** Canonical text of the file's CID. */
  readonly cid: string
  /** Hex SHA-256 of the plain bytes. */
  readonly sha256: string
  readonly sizeBytes: number
  /** SHA-256 of each block, 32 bytes each. */
  readonly digests: Uint8Array
  /** Bytes of the file and its manifest's nodes. */
  readonly totalBytes: number
  /** The file as it was before and after it was read. */
  readonly stat: FileFacts
}

/** What tells whether a file is still the one that was read. */
export interface FileFacts {
  readonly size: number
  readonly mtimeMs: number
  readonly ino: number
}

/** What two threads share while they hash one file. */
export interface SharedHash {
  readonly sizeBytes: number
  /** Counters and flags; what each place means is in shared-hash.ts. */
  readonly control: Int32Array<SharedArrayBuffer>
  /** Blocks being hashed, one slot a block. */
  readonly ring: Uint8Array<SharedArrayBuffer>
  /** SHA-256 of each block, filled in by whoever hashed it. */
  readonly digests: Uint8Array<SharedArrayBuffer>
}

/** Blocks of one file that are read again and compared with what they should be. */
export interface BlockCheck {
  readonly path: string
  /** What the file is known to be; of another one no block is judged. */
  readonly stat: FileFacts
  /** Index of the first block. */
  readonly first: number
  /** SHA-256 that each block from `first` on should have, 32 bytes each; at least one. */
  readonly digests: Uint8Array
}

/** What became of a {@link BlockCheck}. */
export type BlockVerdict =
  /** All were read, but for those that the disk did not give; indices of blocks, rising. */
  | { readonly status: 'read'; readonly wrong: readonly number[]; readonly unreadable: readonly number[] }
  /** It is another file than the one that is known, or changed while it was read. */
  | { readonly status: 'changed' }
  | { readonly status: 'missing' }
  /** The system had no room (open files, memory) to look: this says nothing of the file. */
  | { readonly status: 'busy' }

/** To a hashing thread. It answers each with one message of the same type. */
export type WorkerRequest =
  /** Hash files one after the other. Those whose place in `skip` is not 0 are no longer wanted. */
  | { type: 'batch'; paths: string[]; skip: Int32Array<SharedArrayBuffer>; budgetMs: number }
  /** Hash one big file, with whoever comes to help. `stat` is what it was when it was found to be big. */
  | { type: 'large'; path: string; stat: FileFacts; shared: SharedHash }
  /** Help another thread with its big file. */
  | { type: 'help'; path: string; stat: FileFacts; shared: SharedHash }
  /** Check blocks, one file after the other, until `leave[0]` is not 0. */
  | { type: 'check'; checks: BlockCheck[]; leave: Int32Array<SharedArrayBuffer> }

/** From a hashing thread. */
export type WorkerReply =
  | { type: 'batch'; results: FileResult[] }
  | { type: 'large'; result: FileResult }
  | { type: 'help' }
  /** Of the first checks, in order; the last of them may be cut short. What is missing was not begun. */
  | { type: 'check'; parts: CheckedPart[] }
  /** Comes before `large`, a few times a second. */
  | { type: 'progress'; bytesDone: number }

export type FileResult =
  | { status: 'done'; ingested: Ingested }
  | { status: 'failed'; code: ErrorCode; message: string }
  /** Too big for a batch; to be asked for as `large`. */
  | { status: 'large'; stat: FileFacts }
  /** Not begun: the batch's time was over, or the file no longer wanted. */
  | { status: 'returned' }

/** The verdict of a check, or of its first blocks. */
export interface CheckedPart {
  /** Blocks that the verdict is about: all of the check's, or fewer when the thread was wanted elsewhere. */
  readonly blocks: number
  readonly verdict: BlockVerdict
}
