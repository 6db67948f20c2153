import { statSync } from 'node:fs'
import { resolve, sep } from 'node:path'

/**
 * The absolute path that `--out` means: relative to `cwd`; ending in a separator when it names a folder to put the file into, that
 * is when it was given so or when a folder is there already.
 */
export function outPath(out: string, cwd: string): string {
  const path = resolve(cwd, out)
  const intoFolder = out.endsWith('/') || out.endsWith(sep) || isFolder(path)
  return intoFolder && !path.endsWith(sep) ? `${path}${sep}` : path
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false
}
