import { join } from 'node:path'
import type { EntryKind } from '../content/entry.ts'

/** `dir` of a share's own root folder, see catalogue-schema.ts. */
export const ROOT_DIR = '/'

export interface SplitPath {
  readonly dir: string
  readonly name: string
}

/** `a/b/c` -> dir `a/b`, name `c`; `c` -> dir ``; the empty path, which is the share's root -> dir `/`, name ``. */
export function splitRelPath(relPath: string): SplitPath {
  if (relPath === '') return { dir: ROOT_DIR, name: '' }
  const cut = relPath.lastIndexOf('/')
  return cut < 0 ? { dir: '', name: relPath } : { dir: relPath.slice(0, cut), name: relPath.slice(cut + 1) }
}

/** The inverse of {@link splitRelPath}. */
export function joinRelPath(dir: string, name: string): string {
  if (dir === ROOT_DIR) return ''
  return dir === '' ? name : `${dir}/${name}`
}

/** The folders that hold `relPath`, innermost first, the share's root (``) last; the root itself has none. */
export function foldersAbove(relPath: string): string[] {
  const out: string[] = []
  for (let path = relPath; path !== ''; ) {
    const { dir } = splitRelPath(path)
    out.push(dir)
    path = dir
  }
  return out
}

export interface ShareRoot {
  /** Absolute. */
  readonly path: string
  /** The root's own name. */
  readonly name: string
  readonly kind: EntryKind
}

/** What others see: the root's own name, then the path below it. A share of one file is just that file. */
export function publicPath(root: ShareRoot, relPath: string): string {
  if (root.kind === 'file') return root.name
  return relPath === '' ? root.name : `${root.name}/${relPath}`
}

/** Where it is on this machine. In a share of one file the only path is the file's name. */
export function absolutePath(root: ShareRoot, relPath: string): string {
  return root.kind === 'file' || relPath === '' ? root.path : join(root.path, relPath)
}
