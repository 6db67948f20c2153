import { MIB } from '../../base/units.ts'

/** How content of others is read. Every default stands in {@link DEFAULT_READER_OPTIONS} and nowhere else. */
export interface ReaderOptions {
  /** Bytes of blocks kept in memory, over all files that are read. Minimum 1 MiB. More spares fetching again what several read. */
  readonly cacheBytes: number
  /** The same of one file. Minimum 1 MiB. */
  readonly cacheBytesPerFile: number
  /** Blocks fetched ahead of one reader. More fill a long line, and are thrown away when the reader leaves. */
  readonly aheadBlocks: number
  /** Blocks fetched ahead of all readers of one file together: less than fit into the cache, or they would drive each other out. */
  readonly aheadBlocksPerFile: number
  /** The same of all files. */
  readonly aheadBlocksInAll: number
  /** Bytes asked for and not yet here, of all files: memory beside that of the cache. Minimum 1 MiB. */
  readonly maxInFlightBytes: number
  /** Sources that one file is read from at once. Fewer than a download has: most of them would wait for a reader that has enough. */
  readonly maxSources: number
  /** Files whose sources are connected; further ones take the place of one that nobody reads, or are refused with BUSY. */
  readonly maxSessions: number
  /** Blocks of those files: each costs 42 bytes. The default holds two of the largest files, 1 TiB each. */
  readonly maxSessionBlocks: number
  /** Contents that are being looked for at once; further ones are refused with BUSY. */
  readonly maxOpening: number
  /** Sources stay connected for so long after the last reader, ms. */
  readonly idleMs: number
  /**
   * In place of the options of downloads, since somebody waits for the answer: the first pause between look-ups is twice the one, ms, and nobody has it
   * when two look-ups in a row found nobody and this time is over, ms. A provider that became one within that time is overlooked.
   */
  readonly lookupHurryMs: number
  readonly notFoundAfterMs: number
  /** Bytes of a manifest. The default lets one of the largest file pass, 1 TiB. */
  readonly maxManifestBytes: number
}

export const DEFAULT_READER_OPTIONS: ReaderOptions = {
  cacheBytes: 128 * MIB,
  cacheBytesPerFile: 16 * MIB,
  aheadBlocks: 12,
  aheadBlocksPerFile: 12,
  aheadBlocksInAll: 96,
  maxInFlightBytes: 12 * MIB,
  maxSources: 6,
  maxSessions: 64,
  maxSessionBlocks: 2 * 1024 * 1024,
  maxOpening: 32,
  idleMs: 30_000,
  lookupHurryMs: 300,
  notFoundAfterMs: 1000,
  maxManifestBytes: 64 * MIB,
}
