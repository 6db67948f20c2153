/** A wish, as the node's REST API tells it. Times in ms since the Unix epoch. */
export interface WishJson {
  id: string
  words: string
  fetch: boolean
  createdMs: number
  lastSearchedMs?: number
  nextSearchMs?: number
  newHits: number
  /** The newest. */
  hits: WishHitJson[]
}

export interface WishHitJson {
  cid: string
  name: string
  size: number
  kind: 'file' | 'folder'
  /** How many peers had it when it was found last. */
  providers: number
  foundMs: number
  isNew: boolean
  downloadId?: string
  heldBack?: 'size' | 'daily-limit' | 'in-folder' | 'failed'
}
