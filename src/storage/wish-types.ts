import type { EntryKind } from '../content/entry.ts'

/** Words that are searched for now and then. */
export interface WishRecord {
  readonly id: string
  /** As they were typed. */
  readonly words: string
  /** The same for words that find the same. */
  readonly key: string
  /** What is new is fetched. */
  readonly fetch: boolean
  /** ms since the Unix epoch, as all times here. */
  readonly createdMs: number
  /** Last search that somebody answered. */
  readonly lastSearchedMs?: number | undefined
  /** It is known what was there already: whatever else is found is news. */
  readonly hasBaseline: boolean
}

/** `size`: larger than is allowed. `daily-limit`: enough was fetched today. `in-folder`: comes with its folder. `failed`: could not be started. */
export type HeldBack = 'size' | 'daily-limit' | 'in-folder' | 'failed'

/** What a search told of one CID. */
export interface WishFound {
  readonly cid: string
  readonly name: string
  readonly sizeBytes: number
  readonly kind: EntryKind
  /** Peers that have it. */
  readonly providers: number
  /** This node shares it too: no news. */
  readonly isOwn: boolean
}

/** What a wish found. */
export interface WishHitRecord extends Omit<WishFound, 'isOwn'> {
  readonly foundMs: number
  /** Told, and not seen yet. */
  readonly isNew: boolean
  readonly downloadId?: string | undefined
  readonly heldBack?: HeldBack | undefined
}

/** A download that a wish started by itself. */
export interface WishFetch {
  readonly wishId: string
  readonly cid: string
  readonly downloadId: string
}
