import type { OpenedLink, SearchHit } from '../../api/types.ts'

/** What is known of the content that a link leads to. */
export interface LinkedFile {
  readonly cid: string
  /** As the link says, else as those who have it say; empty when nobody does. */
  readonly name: string
  /** Undefined while not known. */
  readonly size: number | undefined
  readonly kind: 'file' | 'folder' | undefined
}

/** The facts of a link, and what those who have it say where the link is silent. What others say is never taken over the link. */
export function factsOf(link: OpenedLink, hit: SearchHit | undefined): LinkedFile {
  return {
    cid: link.cid,
    name: link.name ?? hit?.name ?? '',
    size: link.size ?? hit?.size,
    kind: link.kind ?? hit?.kind,
  }
}

/** Schemes of links that browsers let a page open, and what they are. */
export const SCHEMES = ['magnet', 'ipfs'] as const
