import { realpath } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import type { Catalogue } from '../storage/catalogue.ts'
import type { PathKey, Share } from '../storage/catalogue-types.ts'
import type { ShareTarget } from './add-now.ts'
import { isIgnoredPath } from './ignore.ts'
import { relPathBelow } from './share-rules.ts'

/**
 * The share that a path belongs to: the one that is just it, else the innermost folder that holds it and does not ignore it by name. Undefined
 * when there is none.
 *
 * @param absPath absolute, links resolved @param hidden whether names that begin with a dot are shared
 */
export function findTarget(
  shares: readonly Share[],
  absPath: string,
  hidden: boolean,
): ShareTarget | undefined {
  let best: ShareTarget | undefined
  for (const share of shares) {
    const relPath = relPathBelow(absPath, share.path)
    if (relPath === undefined) continue
    if (share.kind === 'file') {
      if (relPath === '') return { share, relPath: share.name }
      continue
    }
    if (isIgnoredPath(relPath, { hidden })) continue
    if (!best || share.path.length > best.share.path.length) best = { share, relPath }
  }
  return best
}

/** Everything shared that has this path, whether the path still exists or not: shares of just it, and files and folders known below others. */
export async function targetsOfPath(
  catalogue: Catalogue,
  shares: readonly Share[],
  path: string,
): Promise<PathKey[]> {
  const keys = new Map<string, PathKey>()
  for (const absPath of new Set([resolve(path), await realPathOf(resolve(path))])) {
    for (const share of shares) {
      const relPath = relPathBelow(absPath, share.path)
      if (relPath === undefined || (relPath !== '' && share.kind === 'file')) continue
      const isThere = relPath === '' || catalogue.child(share.id, relPath) !== undefined
      if (isThere) keys.set(`${share.id}:${relPath}`, { shareId: share.id, relPath })
    }
  }
  return [...keys.values()]
}

/** With links resolved as far as the path exists. */
async function realPathOf(path: string): Promise<string> {
  try {
    return await realpath(path)
  } catch {
    const parent = dirname(path)
    return parent === path ? path : join(await realPathOf(parent), basename(path))
  }
}
