import { contentDisposition } from './disposition.ts'
import { isPassive } from './media-type.ts'

/** For everything whose bytes follow from its address. */
export const IMMUTABLE = 'public, max-age=29030400, immutable'

/** The page of a folder is made here, and may be made better one day. */
export const LISTING_CACHE = 'public, max-age=604800, stale-while-revalidate=2678400'

/** Shared files are anybody's, and stand in the origin of the node's own page and API: shown, they may load and send nothing. */
const INERT =
  "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

/** Media and text show themselves through these. */
export const PASSIVE_CSP = `${INERT}; img-src 'self'; media-src 'self'`

/** What could run something is shown without scripts, forms and an origin. */
export const ACTIVE_CSP = `sandbox; ${INERT}; img-src data:; font-src data:`

export interface Naming {
  /** `filename` of the query. */
  readonly filename: string | undefined
  /** `download=true`. */
  readonly download: boolean
}

/** Headers of a file that is given as what it is. @param lastName last part of the path, if it has one behind the CID */
export function fileHeaders(type: string, { filename, download }: Naming, lastName: string | undefined) {
  const name = filename ?? lastName
  const shown = download
    ? contentDisposition('attachment', name)
    : filename && contentDisposition('inline', filename)
  return {
    'content-type': type,
    'content-security-policy': isPassive(type) ? PASSIVE_CSP : ACTIVE_CSP,
    'cache-control': IMMUTABLE,
    'accept-ranges': 'bytes',
    ...(shown && { 'content-disposition': shown }),
  }
}

/** Headers of bytes for programs, which a browser is to show in no case. @param name without one in the query */
export function binaryHeaders(type: string, { filename }: Naming, name: string) {
  return {
    'content-type': type,
    'content-disposition': contentDisposition('attachment', filename ?? name),
    'cache-control': IMMUTABLE,
  }
}
