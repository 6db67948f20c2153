import { MIB } from '../base/units.ts'

/** How downloads behave. Every default stands in {@link DEFAULT_TRANSFER_OPTIONS} and nowhere else. */
export interface TransferOptions {
  /** Downloads that run at once; more wait in order of arrival. Minimum 1. More share the same line and disk. */
  readonly maxActive: number
  /** Downloads that are kept in the list, ended ones included; when full, the oldest ended ones go, then new ones are refused. */
  readonly maxDownloads: number
  /** Sources one download reads from at once. Minimum 1. More sources, more streams and memory. */
  readonly maxSources: number
  /** Files of one folder that are fetched at once. Many small files need several, or they wait for round trips. */
  readonly folderConcurrency: number
  /** Bytes asked for and not yet written, over all downloads: the bound on memory. Minimum 2 MiB. */
  readonly maxInFlightBytes: number
  /** Bytes in flight at one source to begin with, before its rate is known. */
  readonly initialWindowBytes: number
  /** Least bytes in flight at one source. */
  readonly minWindowBytes: number
  /** Most bytes in flight at one source. 16 MiB fills 1 Gbit/s at 60 ms round trip twice. */
  readonly maxWindowBytes: number
  /** A source that sends nothing for this long while blocks are asked for is dropped for now, ms; longer for one known to be slow. */
  readonly stallMs: number
  /** Longest wait for the first answer of a source, connecting included, ms. */
  readonly openTimeoutMs: number
  /** Longest pause between two nodes of a manifest, ms. */
  readonly manifestTimeoutMs: number
  /** First and longest wait before a failed source is tried again, ms. */
  readonly retryBaseMs: number
  readonly retryMaxMs: number
  /** How long a peer that sent wrong bytes is left alone by all downloads, ms. */
  readonly banMs: number
  /** Wait between two look-ups of providers while a download has sources, ms. */
  readonly lookupEveryMs: number
  /** First wait between look-ups while it has none, ms; grows to `lookupEveryMs`. */
  readonly lookupHurryMs: number
  /** A look-up is ended after this, ms. */
  readonly lookupTimeoutMs: number
  /**
   * A download without data fails with NO_PROVIDERS after this, ms, once two complete look-ups in a row found nobody; look-ups that fail do not
   * count. Smaller gives up before a provider that has just started is known. `resolveTimeoutMs` is the most it can be.
   */
  readonly notFoundAfterMs: number
  /** One that never reached any provider, or could ask nobody, fails with NO_PROVIDERS after this, ms. */
  readonly resolveTimeoutMs: number
  /** A download that has data and no source fails with NO_PROVIDERS after this, ms; Infinity waits for ever. */
  readonly noSourceTimeoutMs: number
  /** Written blocks are made durable and journalled at the latest after so many bytes … */
  readonly flushBytes: number
  /** … or this time, ms. Smaller loses less at a power cut, larger costs fewer fsyncs. */
  readonly flushMs: number
  /** Bytes of free disk left alone: a download that would use them fails with NO_SPACE. */
  readonly reserveDiskBytes: number
  /**
   * Faster than this, bytes a second, a file's own SHA-256 is not computed beside its download: hashing every byte twice would slow that down. The default is
   * 1 Gbit/s.
   */
  readonly hurriedBytesPerSecond: number
  /** When more than this is left to hash at the end, bytes, the download is done without it, and the file shared a moment later. */
  readonly lateDigestBytes: number
  /** Time between two progress reports, ms. */
  readonly progressMs: number
}

export const DEFAULT_TRANSFER_OPTIONS: TransferOptions = {
  maxActive: 3,
  maxDownloads: 10_000,
  maxSources: 32,
  folderConcurrency: 8,
  maxInFlightBytes: 64 * MIB,
  initialWindowBytes: 2 * MIB,
  minWindowBytes: 2 * MIB,
  maxWindowBytes: 16 * MIB,
  stallMs: 5000,
  openTimeoutMs: 10_000,
  manifestTimeoutMs: 15_000,
  retryBaseMs: 1000,
  retryMaxMs: 60_000,
  banMs: 10 * 60_000,
  lookupEveryMs: 30_000,
  lookupHurryMs: 1000,
  lookupTimeoutMs: 15_000,
  notFoundAfterMs: 3000,
  resolveTimeoutMs: 30_000,
  noSourceTimeoutMs: Number.POSITIVE_INFINITY,
  flushBytes: 64 * MIB,
  flushMs: 250,
  reserveDiskBytes: 16 * MIB,
  hurriedBytesPerSecond: 125e6,
  lateDigestBytes: 64 * MIB,
  progressMs: 250,
}

/** How uploads behave. Every default stands in {@link DEFAULT_SERVE_OPTIONS} and nowhere else. */
export interface ServeOptions {
  /** Lines that are served at once. Few of them send at a time: whole blocks go out in turn (`give/upload-turns.ts`). */
  readonly slots: number
  /** Streams of one peer that send at once. A folder is fetched over several. */
  readonly slotsPerPeer: number
  /** Streams that wait for a slot; further ones are refused with BUSY. */
  readonly maxQueued: number
  /** Streams of one peer that wait; further ones are refused with BUSY. */
  readonly maxQueuedPerPeer: number
  /** Bytes after which a stream gives its slot to one that waits, and waits itself. */
  readonly rotateBytes: number
  /** A slot whose holder asks for nothing is given to one that waits after this, ms. */
  readonly idleSlotMs: number
  /** A stream on which nothing is asked for this long is ended, ms. */
  readonly idleStreamMs: number
  /** Files kept open for reading. */
  readonly maxOpenFiles: number
}

export const DEFAULT_SERVE_OPTIONS: ServeOptions = {
  slots: 64,
  slotsPerPeer: 4,
  maxQueued: 256,
  maxQueuedPerPeer: 16,
  rotateBytes: 256 * MIB,
  idleSlotMs: 2000,
  idleStreamMs: 120_000,
  maxOpenFiles: 64,
}
