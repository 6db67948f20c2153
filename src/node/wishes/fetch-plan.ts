import type { HeldBack } from '../../storage/wish-types.ts'

/** What is known of a hit that may be fetched; all of it is what others say. */
export interface Fetchable {
  readonly cid: string
  /** Below the shared folder, with `/`. */
  readonly path: string
  readonly sizeBytes: number
  readonly kind: 'file' | 'folder'
}

export interface FetchRoom {
  /** How many may be fetched now. */
  readonly left: number
  /** Larger ones are not fetched; 0 = of any size. */
  readonly maxBytes: number
}

/**
 * What of `hits` is fetched, and why the rest is not, by CID. Folders are chosen first: a file below one that is fetched comes with it.
 */
export function planFetches(
  hits: readonly Fetchable[],
  { left, maxBytes }: FetchRoom,
): Map<string, 'fetch' | HeldBack> {
  const plan = new Map<string, 'fetch' | HeldBack>()
  const chosen: string[] = []
  const folders = hits.filter(({ kind }) => kind === 'folder').sort((a, b) => a.path.length - b.path.length)
  for (const { cid, path, sizeBytes, kind } of [...folders, ...hits.filter((hit) => hit.kind === 'file')]) {
    if (plan.has(cid)) continue
    if (maxBytes > 0 && sizeBytes > maxBytes) plan.set(cid, 'size')
    else if (chosen.some((folder) => path.startsWith(`${folder}/`))) plan.set(cid, 'in-folder')
    else if (left <= 0) plan.set(cid, 'daily-limit')
    else {
      plan.set(cid, 'fetch')
      left--
      if (kind === 'folder') chosen.push(path)
    }
  }
  return plan
}
