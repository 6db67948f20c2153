/**
 * Bytes of every block of a file but the last: the chunk size of unixfs-v1-2025 (IPIP-0499). In a module of its own, so that threads which need no
 * more than this load no more.
 */
export const BLOCK_SIZE = 1_048_576
