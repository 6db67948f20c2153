import type { PathKey } from '../storage/catalogue-types.ts'

/** A file of a share and where it lies. */
export interface ShareFile extends PathKey {
  readonly absPath: string
}

/** One text for a path of a share, for maps. */
export const keyText = ({ shareId, relPath }: PathKey): string => `${shareId}:${relPath}`

/** True when `key` is `folder` or lies below it. */
export function isBelow(key: PathKey, folder: PathKey): boolean {
  if (key.shareId !== folder.shareId) return false
  return (
    folder.relPath === '' || key.relPath === folder.relPath || key.relPath.startsWith(`${folder.relPath}/`)
  )
}
