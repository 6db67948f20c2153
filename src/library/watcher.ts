import { lstat } from 'node:fs/promises'
import { dirname } from 'node:path'
import parcel from '@parcel/watcher'
import type { Logger } from '../base/log.ts'
import type { Share } from '../storage/catalogue-types.ts'
import { ParentWatches } from './parent-watches.ts'
import { relPathBelow } from './share-rules.ts'

export interface WatchersParts {
  readonly log: Logger
  /** Something happened at these paths of a share; what it is, is for the listener to see. */
  readonly onPaths: (share: Share, relPaths: readonly string[]) => void
  /** Events were lost: look at everything. */
  readonly onLost: (share: Share) => void
}

interface Watched {
  readonly share: Share
  /** Device and inode of what is watched: a watch on a folder that was replaced sees nothing any more. */
  readonly identity: string
  readonly close: () => Promise<void>
}

/**
 * Watches the roots of shares. Where watching fails (no such root, too many watches), the periodic rescan does the work, and
 * {@link ensure} tries again each time.
 */
export class Watchers {
  readonly #parts: WatchersParts
  readonly #files = new ParentWatches()
  readonly #watched = new Map<number, Watched>()
  readonly #reported = new Set<number>()
  #turn: Promise<void> = Promise.resolve()
  #stopped = false

  constructor(parts: WatchersParts) {
    this.#parts = parts
  }

  get size(): number {
    return this.#watched.size
  }

  /** Watches a share, unless it is watched and its root still the same. Never throws. */
  ensure(share: Share): Promise<void> {
    return this.#inTurn(async () => {
      const identity = await identify(share.kind === 'file' ? dirname(share.path) : share.path)
      if (this.#watched.get(share.id)?.identity === identity) return
      await this.#close(share.id)
      if (identity !== undefined && !this.#stopped) await this.#open(share, identity)
    })
  }

  /**
   * Watches a share anew. The inotify backend watches a folder that appears but not what is in it already, so after a tree was moved in or
   * made in one go its inner folders are deaf: https://github.com/parcel-bundler/watcher/blob/master/src/linux/InotifyBackend.cc
   */
  async renew(share: Share): Promise<void> {
    await this.forget(share.id)
    await this.ensure(share)
  }

  /** Stops watching a share. */
  forget(shareId: number): Promise<void> {
    return this.#inTurn(() => this.#close(shareId))
  }

  async stop(): Promise<void> {
    this.#stopped = true
    await this.#inTurn(async () => {
      for (const id of [...this.#watched.keys()]) await this.#close(id)
    })
  }

  /** One after the other: two subscriptions of one root would leave one that nobody closes. */
  #inTurn(work: () => Promise<void>): Promise<void> {
    this.#turn = this.#turn.then(work)
    return this.#turn
  }

  async #open(share: Share, identity: string): Promise<void> {
    try {
      const close = share.kind === 'file' ? this.#watchFile(share) : await this.#watchFolder(share)
      this.#watched.set(share.id, { share, identity, close })
      this.#reported.delete(share.id)
    } catch (error) {
      this.#report(share, error)
    }
  }

  async #close(shareId: number): Promise<void> {
    const watched = this.#watched.get(shareId)
    this.#watched.delete(shareId)
    try {
      await watched?.close()
    } catch (error) {
      this.#parts.log.debug({ err: error }, 'watch could not be ended')
    }
  }

  async #watchFolder(share: Share): Promise<() => Promise<void>> {
    const subscription = await parcel.subscribe(share.path, (error, events) => {
      if (error) {
        this.#report(share, error)
        this.#parts.onLost(share)
        return
      }
      const paths = events.map(({ path }) => relPathBelow(path, share.path))
      this.#parts.onPaths(
        share,
        paths.filter((path) => path !== undefined),
      )
    })
    return () => subscription.unsubscribe()
  }

  #watchFile(share: Share): () => Promise<void> {
    const end = this.#files.watch(share.path, () => this.#parts.onPaths(share, [share.name]))
    return async () => end()
  }

  #report(share: Share, error: unknown): void {
    if (this.#reported.has(share.id)) return
    this.#reported.add(share.id)
    this.#parts.log.warn(
      { path: share.path, err: error },
      'share cannot be watched: changes are found by the rescan. On Linux fs.inotify.max_user_watches bounds the number of folders',
    )
  }
}

async function identify(path: string): Promise<string | undefined> {
  try {
    const { dev, ino } = await lstat(path)
    return `${dev}:${ino}`
  } catch {
    return undefined
  }
}
