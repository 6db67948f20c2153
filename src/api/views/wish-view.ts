import type { EntryKind } from '../../content/entry.ts'

/** Words that are searched for now and then, as the API sees them. */
export interface WishPort {
  /**
   * Adds a wish, or finds the one that looks for the same; that one then fetches or not, if it is told. `created` tells which. Errors:
   * INVALID_ARGUMENT (words), CONFLICT when there are {@link WISH_BOUNDS}.maxWishes.
   */
  add(words: string, options: { fetch?: boolean | undefined }): { view: WishView; created: boolean }
  /** As they were added. */
  list(): WishView[]
  get(id: string): WishView | undefined
  /** NOT_FOUND for an unknown id. */
  change(id: string, changes: WishChanges): WishView
  /** Forgets it and what it found; downloads stay. NOT_FOUND for an unknown id. */
  remove(id: string): void
  /**
   * Searches now instead of at its time. Errors: NOT_FOUND, RATE_LIMITED when a wish was searched a moment ago, UNAVAILABLE when nobody
   * could be asked.
   */
  search(id: string, signal: AbortSignal): Promise<WishView>
}

export const WISH_BOUNDS = { maxWishes: 100, hitsShown: 50 } as const

/** What is left out stays. */
export interface WishChanges {
  /** Fetch what is new from now on. */
  readonly fetch?: boolean | undefined
  /** Nothing of what was found is new any more. */
  readonly seen?: boolean | undefined
}

export interface WishView {
  readonly id: string
  /** As they were typed. */
  readonly words: string
  /** What is new is fetched. */
  readonly fetch: boolean
  /** ms since the Unix epoch, as all times here. */
  readonly createdMs: number
  /** Last search that somebody answered. */
  readonly lastSearchedMs?: number | undefined
  /** Not before then; undefined while no peer is known. */
  readonly nextSearchMs?: number | undefined
  /** How many of its hits are new. */
  readonly newHits: number
  /** The newest of them. */
  readonly hits: readonly WishHitView[]
}

/** One content that a wish found. */
export interface WishHitView {
  readonly cid: string
  readonly name: string
  readonly sizeBytes: number
  readonly kind: EntryKind
  /** How many peers had it when it was found last. */
  readonly providers: number
  readonly foundMs: number
  /** It came after the first search, and was not seen yet. */
  readonly isNew: boolean
  /** The download that fetches it. */
  readonly downloadId?: string | undefined
  /** Why it is not fetched: too large, enough fetched today, it comes with its folder, or the download could not start. */
  readonly heldBack?: (typeof HELD_BACK)[number] | undefined
}

export const HELD_BACK = ['size', 'daily-limit', 'in-folder', 'failed'] as const
