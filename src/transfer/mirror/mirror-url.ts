import { createHash } from 'node:crypto'
import { ShoalError } from '../../base/errors.ts'
import type { Provider } from '../ports.ts'

/** Most mirrors of one download. */
export const MAX_MIRRORS = 16

/** Longest URL of a mirror, characters: what servers take at least is 8000 (RFC 9110 section 4.1), and signed URLs are long. */
const MAX_URL_LENGTH = 8000

/**
 * The URLs of mirrors as they are kept: each once, without fragment.
 *
 * @throws INVALID_ARGUMENT for more than {@link MAX_MIRRORS}, and for what is no URL with http or https
 */
export function parseMirrors(texts: readonly string[]): string[] {
  const urls = [...new Set(texts.map(parseMirror))]
  if (urls.length <= MAX_MIRRORS) return urls
  throw new ShoalError('INVALID_ARGUMENT', `A download may have at most ${MAX_MIRRORS} mirrors.`)
}

function parseMirror(text: string): string {
  const advice = 'Give a URL such as https://example.org/file.iso.'
  const url = URL.canParse(text) ? new URL(text) : undefined
  // What does not parse may have a password in it all the same.
  if (!url || url.hostname === '')
    throw new ShoalError('INVALID_ARGUMENT', `${withoutUser(text)} is not a URL. ${advice}`)
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    throw new ShoalError(
      'INVALID_ARGUMENT',
      `A mirror is read by http or https, not ${url.protocol} ${advice}`,
    )
  if (url.href.length > MAX_URL_LENGTH)
    throw new ShoalError('INVALID_ARGUMENT', `The URL of a mirror has at most ${MAX_URL_LENGTH} characters.`)
  url.hash = ''
  return url.href
}

const withoutUser = (text: string): string => text.slice(0, 200).replace(/^.*@/s, '…@')

/** A mirror's URL for people and logs: without user and password; of a query, which may be a signature, only what tells two apart. */
export function shownUrl(href: string): string {
  const { origin, pathname, search } = new URL(href)
  const mark = search && `?…${createHash('sha256').update(search).digest('hex').slice(0, 6)}`
  return `${origin}${pathname}${mark}`
}

/**
 * The URL of a file of a folder: its path below the folder's URL.
 *
 * @param path with `/` between names
 * @returns undefined for a path that would lead out of the folder
 */
export function urlBelow(href: string, path: string): string | undefined {
  const names = path.split('/')
  if (names.some((name) => name === '' || name === '.' || name === '..')) return undefined
  const url = new URL(href)
  if (!url.pathname.endsWith('/')) url.pathname += '/'
  // Another character for each byte that could mean something in a path.
  url.pathname += names.map(encodeName).join('/')
  return url.href
}

/** A lone half of a surrogate pair has no UTF-8: it becomes U+FFFD, as in every other name. */
const encodeName = (name: string): string => encodeURIComponent(name.toWellFormed())

/**
 * A mirror as one of a file's providers.
 *
 * @param base of the download, as {@link parseMirrors} gives it
 * @param path of the file in the folder that is downloaded; undefined when the file is the download
 * @param sizeBytes of the file, when it is known
 */
export function mirrorProvider(
  base: string,
  path: string | undefined,
  sizeBytes: number | undefined,
): Provider | undefined {
  const url = path === undefined ? base : urlBelow(base, path)
  if (url === undefined) return undefined
  const shown = shownUrl(base)
  return {
    peerId: `mirror:${shown}`,
    name: new URL(base).host,
    addresses: [shown],
    mirror: { url, sizeBytes },
  }
}
