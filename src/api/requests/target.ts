import { ShoalError } from '../../base/errors.ts'
import { parseCid } from '../../content/cid.ts'
import { parseGuestCid } from '../../content/guest-cid.ts'
import { type LinkPeer, linkFacts } from '../share-link.ts'

/** What somebody wants to fetch: content by its CID, or whatever has this file name. */
export type Target = CidTarget | GuestTarget | { readonly kind: 'name'; readonly name: string }

/** Content by its CID, with what a link says of it. */
export interface CidTarget {
  readonly kind: 'cid'
  readonly cid: string
  readonly name?: string
  readonly sizeBytes?: number
  readonly peers?: readonly LinkPeer[]
}

/** A file of a client of a dialect, by the CID that searches show it under; see guest-cid.ts. */
export interface GuestTarget {
  readonly kind: 'guest'
  readonly cid: string
}

/** Longest text that is read, characters. A magnet link with its trackers comes nowhere near. */
export const MAX_TARGET_LENGTH = 8192

/**
 * Reads what a person gives to name content: a CID in any multibase, `shoal:CID?name=…`, `ipfs://CID`,
 * `/ipfs/CID`, the address of an IPFS gateway (`https://…/ipfs/CID`, `https://CID.ipfs.…`), a magnet link
 * with `xt=urn:ipfs:CID` or `xt=urn:cid:CID`, or else a file name. CIDs come back in canonical form. What a link tells besides
 * (`size`, `peer`, see share-link.ts) comes with them.
 *
 * @throws ShoalError INVALID_CID when what stands in the CID's place is none; INVALID_ARGUMENT for links
 *   without a CID, paths below a CID, and what can be no file name
 */
export function parseTarget(text: string): Target {
  if (text.length > MAX_TARGET_LENGTH)
    throw new ShoalError('INVALID_ARGUMENT', `target: must have at most ${MAX_TARGET_LENGTH} characters.`)
  const link = text.trim()
  if (link === '') throw new ShoalError('INVALID_ARGUMENT', 'target: give a CID, a link or a file name.')
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(link)?.[1]?.toLowerCase()
  const rest = link.slice((scheme?.length ?? -1) + 1)
  switch (scheme) {
    case 'shoal':
    case 'ipfs':
      return fromPath(rest.replace(/^\/\//, ''), link)
    case 'magnet':
      return fromMagnet(rest)
    case 'http':
    case 'https':
      return fromGateway(link)
  }
  if (link.startsWith('/ipfs/')) return fromPath(link.slice('/ipfs/'.length), link)
  return fromPlain(text, link)
}

/** `CID`, `CID/`, `CID?name=…` or `CID?filename=…`; a fragment says nothing. */
function fromPath(text: string, link: string): Target {
  const [beforeHash = ''] = text.split('#', 1)
  const question = beforeHash.indexOf('?')
  const path = question < 0 ? beforeHash : beforeHash.slice(0, question)
  const query = new URLSearchParams(question < 0 ? '' : beforeHash.slice(question + 1))
  const [cid = '', ...below] = path.split('/')
  if (below.some((part) => part !== ''))
    throw new ShoalError(
      'INVALID_ARGUMENT',
      `${shown(link)} names something below a CID. Give the CID of the folder, or the file's own.`,
    )
  return target(cid, query.get('name') ?? query.get('filename'), query)
}

/** Topics as BEP 9 and others write them: `xt=urn:…:HASH`, the name in `dn`. */
function fromMagnet(rest: string): Target {
  const query = new URLSearchParams(rest.replace(/^\?/, ''))
  for (const topic of query.getAll('xt')) {
    const cid = /^urn:(?:cid|ipfs):(.+)$/is.exec(topic)?.[1]
    if (cid) return target(cid, query.get('dn'), query)
  }
  throw new ShoalError(
    'INVALID_ARGUMENT',
    'This magnet link has no CID: it needs xt=urn:ipfs:CID or xt=urn:cid:CID.',
  )
}

/** Path and subdomain gateways: https://specs.ipfs.tech/http-gateways/ */
function fromGateway(link: string): Target {
  const path = /^https?:\/\/[^/?#]*\/ipfs\/(.*)$/is.exec(link)?.[1]
  if (path !== undefined) return fromPath(path, link)
  const subdomain = /^https?:\/\/([a-z0-9]+)\.ipfs\.[^/?#]+(.*)$/is.exec(link)
  if (subdomain) return fromPath(`${subdomain[1]!}${subdomain[2]!}`, link)
  throw new ShoalError('INVALID_ARGUMENT', `${shown(link)} names no CID: it needs /ipfs/CID in its path.`)
}

/**
 * A link, or a bare CID, and nothing else.
 *
 * @throws ShoalError INVALID_ARGUMENT for file names, and as {@link parseTarget}
 */
export function parseLink(text: string): CidTarget {
  const found = parseTarget(text)
  if (found.kind === 'cid') return found
  throw new ShoalError('INVALID_ARGUMENT', `${shown(text)} is neither a link with a CID nor a CID.`)
}

function fromPlain(text: string, link: string): Target {
  try {
    return { kind: 'cid', cid: parseCid(link) }
  } catch (error) {
    const guest = parseGuestCid(link)
    if (guest !== undefined) return { kind: 'guest', cid: guest }
    if (!(error instanceof ShoalError) || looksLikeCid(link)) throw error
  }
  if (/[/\0]/.test(text) || link === '.' || link === '..')
    throw new ShoalError(
      'INVALID_ARGUMENT',
      `${shown(link)} is neither a CID, a link with one, nor a file name.`,
    )
  if (Buffer.byteLength(text) > 255)
    throw new ShoalError('INVALID_ARGUMENT', 'target: a file name has at most 255 bytes.')
  return { kind: 'name', name: text }
}

function target(cid: string, name: string | null, query: URLSearchParams): Target {
  return { kind: 'cid', cid: parseCid(cid), ...(name && { name }), ...linkFacts(query) }
}

/**
 * True for text that is meant as a CID, so that a wrong one is called wrong instead of taken for a file name.
 */
function looksLikeCid(text: string): boolean {
  return /^(Qm[1-9A-HJ-NP-Za-km-z]{44}|b[a-z2-7]{55,}|B[A-Z2-7]{55,}|z[1-9A-HJ-NP-Za-km-z]{45,}|[fF]01[0-9a-fA-F]{68,}|k[0-9a-z]{50,}|[mu][A-Za-z0-9+/_-]{47,})$/.test(
    text,
  )
}

const shown = (text: string) => (text.length > 80 ? `${text.slice(0, 80)}…` : text)
