import { ShoalError } from '../../base/errors.ts'

/** What an address of the gateway names, before it is looked at whether there is such a thing. */
export interface ContentAddress {
  /** The path as it was sent, escaped; always begins with `/ipfs/`. */
  readonly path: string
  /** What stands in the place of the CID. */
  readonly cid: string
  /** Names behind it, unescaped. */
  readonly segments: readonly string[]
  /** It ends with a slash, as the address of a folder does. */
  readonly isFolder: boolean
  /** The query as it was sent, without `?`. */
  readonly query: string
}

/** Names in one path: what a path of the longest kind has at most. */
const MAX_SEGMENTS = 2048

/**
 * Reads the target of a request, `/ipfs/CID/NAME?QUERY`. Slashes that follow each other count as one; an escaped slash is part of a name, which is
 * then no name that a folder can have.
 *
 * @throws ShoalError INVALID_ARGUMENT when it is escaped wrongly
 */
export function parseAddress(target: string): ContentAddress {
  const question = target.indexOf('?')
  const path = question < 0 ? target : target.slice(0, question)
  const query = question < 0 ? '' : target.slice(question + 1)
  const [cid = '', ...segments] = path.slice('/ipfs/'.length).split('/').filter(Boolean).map(unescapePart)
  if (segments.length > MAX_SEGMENTS)
    throw new ShoalError('INVALID_ARGUMENT', 'This path has too many parts.')
  return { path, cid, segments, isFolder: path.endsWith('/'), query }
}

function unescapePart(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch (cause) {
    throw new ShoalError('INVALID_ARGUMENT', `${part} is not escaped as an address has to be.`, { cause })
  }
}

/** The address under which the same answer is had without any `Accept`: a cache may keep it apart from the others. */
export function contentLocation(
  { path, query }: ContentAddress,
  format: Readonly<Record<string, string>>,
): string {
  const params = new URLSearchParams(query)
  for (const [name, value] of Object.entries(format)) params.set(name, value)
  return `${path}?${params}`
}
