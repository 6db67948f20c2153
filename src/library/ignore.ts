/**
 * Names that programs give to what is not finished or not meant for others. Shoal's own unfinished downloads are `*.part`.
 * https://github.com/github/gitignore/tree/main/Global collects what systems and editors leave behind.
 */
const TEMPORARY = [
  // Unfinished downloads: Shoal, Firefox, wget-like tools; Chromium; Opera; Safari; qBittorrent; aria2
  /\.(part|partial|crdownload|opdownload|download|!qb|aria2)$/i,
  /\.(tmp|temp|swp|swx|swo)$/i,
  // Backups and locks of editors and office programs
  /~$/,
  /^~\$/,
  /^\.~lock\..*#$/,
  /^(thumbs\.db|ehthumbs\.db|desktop\.ini|\$recycle\.bin|system volume information|lost\+found)$/i,
  // macOS: resource forks, folder settings (with and without a trailing carriage return)
  /^(\._.*|\.ds_store|icon\r|__macosx)$/i,
  // NFS: open files that were deleted
  /^\.nfs[0-9a-f]+$/i,
]

/** True for unfinished and temporary files, which are never shared. */
export function isTemporaryName(name: string): boolean {
  return TEMPORARY.some((pattern) => pattern.test(name))
}

/** Why a file or folder inside a share is left out for its name; undefined when it is not. */
export function whyIgnored(
  name: string,
  { hidden }: { readonly hidden: boolean },
): 'temporary name' | 'hidden' | undefined {
  if (isTemporaryName(name)) return 'temporary name'
  return !hidden && name.startsWith('.') ? 'hidden' : undefined
}

/** True for a file or folder inside a share that is left out. */
export function isIgnoredName(name: string, options: { readonly hidden: boolean }): boolean {
  return whyIgnored(name, options) !== undefined
}

/** True when any part of the path is ignored. */
export function isIgnoredPath(relPath: string, options: { readonly hidden: boolean }): boolean {
  return relPath !== '' && relPath.split('/').some((name) => isIgnoredName(name, options))
}
