import { GIB, MIB } from '../base/units.ts'

/** What Shoal takes at most from somebody else's manifest, so that a hostile one cannot fill the memory. */
export interface ManifestLimits {
  /** Largest file, bytes. The default is what a tree of two levels holds: 1024 x 1024 blocks, whose digests take 32 MiB. */
  readonly maxFileBytes: number
  /** Longest node, bytes. The default is the largest block that IPFS implementations exchange. */
  readonly maxNodeBytes: number
  /** Bytes of all nodes of one manifest, and of all paths in it. The default lets a folder with the most entries and names of 100 bytes pass. */
  readonly maxManifestBytes: number
  /** Files and empty folders in one folder. The default is ten times a library that is called normal. */
  readonly maxEntries: number
  /** Bytes of one path below the folder: PATH_MAX of Linux, so no folder on a disk is deeper. */
  readonly maxPathBytes: number
}

export const DEFAULT_MANIFEST_LIMITS: ManifestLimits = {
  maxFileBytes: 1024 * GIB,
  maxNodeBytes: 2 * MIB,
  maxManifestBytes: 256 * MIB,
  maxEntries: 1_000_000,
  maxPathBytes: 4096,
}
