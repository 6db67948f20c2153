/** Sizes in a module of their own, so that threads which need no more than this load no more. */

/** Bytes of every block of a file but the last: the chunk size of unixfs-v1-2025 (IPIP-0499). */
export const BLOCK_SIZE = 1_048_576

/** Bytes of a SHA-256 digest. */
export const DIGEST_SIZE = 32
