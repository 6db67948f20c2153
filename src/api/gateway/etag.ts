import { sha256 } from '../../content/verify.ts'

/** Changes when the page of a folder does, so that no cache shows an old one. */
const LISTING_VERSION = '2'

export const fileEtag = (cid: string) => `"${cid}"`
export const rawEtag = (cid: string) => `"${cid}.raw"`
export const listingEtag = (cid: string) => `"DirIndex-shoal-${LISTING_VERSION}_CID-${cid}"`

/** @param facts all that decides which blocks the CAR has, and in which order */
export function carEtag(cid: string, facts: readonly string[]): string {
  const digest = Buffer.from(sha256(Buffer.from(JSON.stringify(facts))))
  return `"${cid}.car.${digest.toString('hex').slice(0, 16)}"`
}

/**
 * Whether `If-None-Match` names one of these ETags, or any (`*`): the client has it already. The comparison is the weak one (RFC 9110,
 * section 13.1.2).
 */
export function isNoneMatch(header: string | undefined, etags: readonly string[]): boolean {
  if (header === undefined) return false
  return isAny(header) || tagsOf(header).some((tag) => etags.includes(tag.replace(/^W\//, '')))
}

/** Whether `If-None-Match` is `*`, which asks whether there is anything at all. */
export const isAny = (header: string | undefined) => header?.trim() === '*'

/**
 * Whether a `Range` counts: without `If-Range`, or when that names exactly this ETag (the strong comparison, section 13.1.5). A date never does: nothing
 * here has one.
 */
export function isRangeCurrent(ifRange: string | undefined, etag: string): boolean {
  return ifRange === undefined || ifRange.trim() === etag
}

/** The tags of `W/"a", "b"`: there may be commas in one. */
export const tagsOf = (header: string): readonly string[] => header.match(/(?:W\/)?"[^"]*"/g) ?? []
