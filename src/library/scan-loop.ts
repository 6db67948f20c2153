import { type Clock, every, type Timer } from '../base/clock.ts'
import type { Logger } from '../base/log.ts'
import type { Catalogue } from '../storage/catalogue.ts'
import type { Share } from '../storage/catalogue-types.ts'
import { keyText } from './file-key.ts'
import { checkRoot, type RootState } from './root-check.ts'
import type { Scanner, ScanVisitor } from './scanner.ts'
import type { Watchers } from './watcher.ts'

/** Wait before a share is watched anew, ms; and how many times the last renewal's own time. */
const RENEW_DELAY_MS = 1000
const RENEW_PAUSE_FACTOR = 10

export interface ScanLoopParts {
  readonly catalogue: Catalogue
  readonly scanner: Scanner
  readonly watchers: Watchers
  readonly visitor: ScanVisitor
  readonly clock: Clock
  readonly log: Logger
  readonly rescanMs: number
  readonly maxPendingEvents: number
  /** The root is away or back. */
  readonly onRoot: (share: Share, root: RootState) => Promise<void>
  readonly onRest: () => void
}

/** Decides when what is scanned: everything now and then, and what the watcher points at. */
export class ScanLoop {
  readonly #parts: ScanLoopParts
  readonly #stop = new AbortController()
  readonly #events = new Map<string, { shareId: number; relPath: string }>()
  readonly #renewals = new Map<number, Timer>()
  readonly #background = new Set<Promise<void>>()
  #renewMs = 0
  #timer: Timer | undefined
  #running: Promise<void> | undefined
  #queued: Promise<void> | undefined
  #handling: Promise<void> | undefined

  constructor(parts: ScanLoopParts) {
    this.#parts = parts
  }

  get isBusy(): boolean {
    return (
      this.#running !== undefined ||
      this.#queued !== undefined ||
      this.#handling !== undefined ||
      this.#renewals.size > 0 ||
      this.#background.size > 0
    )
  }

  /** Scans now, and every `rescanMs` from then on. */
  start(): void {
    void this.rescan().catch(() => {})
    this.#timer = every(this.#parts.clock, this.#parts.rescanMs, () => this.rescan().catch(() => {}))
  }

  async stop(): Promise<void> {
    this.#timer?.cancel()
    for (const renewal of this.#renewals.values()) renewal.cancel()
    this.#renewals.clear()
    this.#stop.abort()
    await Promise.allSettled([this.#running, this.#queued, this.#handling, ...this.#background])
  }

  /** A scan of all shares that begins after this call: one that runs already may have passed what changed just now. */
  rescan(): Promise<void> {
    if (this.#running) {
      this.#queued ??= this.#running
        .catch(() => {})
        .then(() => {
          this.#queued = undefined
          return this.rescan()
        })
      return this.#queued
    }
    this.#running = this.#rescanAll().finally(() => {
      this.#running = undefined
      this.#parts.onRest()
    })
    return this.#running
  }

  /** Scans one share, not waited for. */
  scanSoon(shareId: number): void {
    const scan = this.scanShare(shareId).finally(() => {
      this.#background.delete(scan)
      this.#parts.onRest()
    })
    this.#background.add(scan)
  }

  /** Looks whether the root of a share is there, watches it, and scans it. Never throws. */
  async scanShare(shareId: number): Promise<void> {
    const { catalogue, scanner, watchers, visitor, log, onRoot } = this.#parts
    const signal = this.#stop.signal
    const share = catalogue.share(shareId)
    if (!share || signal.aborted) return
    try {
      const root = await checkRoot(share)
      await onRoot(share, root)
      if (!catalogue.share(shareId)) return
      // A file's folder is watched also while the file is away: that is how it comes back.
      if (root.state === 'present' || share.kind === 'file') await watchers.ensure(share)
      else await watchers.forget(share.id)
      if (root.state !== 'present') return
      await scanner.scanTree(share, '', visitor, signal)
      catalogue.setRootDev(share.id, root.dev)
    } catch (error) {
      if (!signal.aborted) log.error({ path: share.path, err: error }, 'scan failed')
    }
  }

  /** The watcher saw something at these paths. */
  paths(share: Share, relPaths: readonly string[]): void {
    if (this.#stop.signal.aborted) return
    for (const relPath of relPaths) {
      const key = { shareId: share.id, relPath }
      if (this.#events.size >= this.#parts.maxPendingEvents) {
        this.#events.clear()
        void this.rescan().catch(() => {})
        return
      }
      this.#events.set(keyText(key), key)
    }
    this.#handling ??= this.#handle().finally(() => {
      this.#handling = undefined
      this.#parts.onRest()
    })
  }

  async #rescanAll(): Promise<void> {
    for (const share of this.#parts.catalogue.shares()) {
      this.#stop.signal.throwIfAborted()
      await this.scanShare(share.id)
    }
  }

  async #handle(): Promise<void> {
    const { catalogue, scanner, visitor, log } = this.#parts
    const signal = this.#stop.signal
    for (const [key, { shareId, relPath }] of this.#events) {
      if (signal.aborted) return
      this.#events.delete(key)
      const share = catalogue.share(shareId)
      if (!share) continue
      try {
        if (relPath === '' || share.kind === 'file' || share.missing) await this.scanShare(shareId)
        else if (await scanner.scanPath(share, relPath, visitor, signal)) this.#renewSoon(share)
      } catch (error) {
        if (!signal.aborted) log.warn({ path: share.path, relPath, err: error }, 'change could not be read')
      }
    }
  }

  /** A tree came at once: its inner folders are not watched. */
  #renewSoon(share: Share): void {
    if (this.#renewals.has(share.id)) return
    const { clock, watchers } = this.#parts
    const delayMs = Math.max(RENEW_DELAY_MS, RENEW_PAUSE_FACTOR * this.#renewMs)
    const renew = async () => {
      this.#renewals.delete(share.id)
      const beganMs = clock.monotonic()
      await watchers.renew(share)
      this.#renewMs = clock.monotonic() - beganMs
      await this.scanShare(share.id)
    }
    this.#renewals.set(
      share.id,
      clock.schedule(() => {
        const renewing = renew().finally(() => {
          this.#background.delete(renewing)
          this.#parts.onRest()
        })
        this.#background.add(renewing)
      }, delayMs),
    )
  }
}
