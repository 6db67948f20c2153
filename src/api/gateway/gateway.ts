import type { Clock } from '../../base/clock.ts'
import { withDeadline } from '../../base/signals.ts'
import { parseCid } from '../../content/cid.ts'
import { findInFolder } from '../../content/folder-walk.ts'
import type { ContentPort, OpenFolder } from '../content-port.ts'
import { type ContentAddress, contentLocation } from './address.ts'
import { carAnswer, carEtagOf, fileAnswer, rawAnswer, unchangedAnswer } from './answers.ts'
import { fileEtag, isAny, isNoneMatch, listingEtag, rawEtag } from './etag.ts'
import { IMMUTABLE, LISTING_CACHE } from './headers.ts'
import { LISTING_CSP, listingPage } from './listing.ts'
import { type Lease, OpenContents, type OpenContentsOptions } from './open-contents.ts'
import { isProbe, probeAnswer } from './probe.ts'
import type { GatewayRequest } from './request.ts'
import { type Resolved, resolve } from './resolve.ts'
import { type Answer, single } from './send.ts'

/** Longest that content is looked for before the answer is TIMED_OUT, ms: what usual clients and proxies wait for a head. */
const OPEN_MS = 60_000

/** Most CIDs that `X-Ipfs-Roots` tells; with more the header, a hint for caches, would be refused for its length. */
const MAX_ROOTS_TOLD = 64

const INDEX = 'index.html'

export interface GatewaySetup {
  readonly port: ContentPort
  readonly clock: Clock
  readonly options?: Partial<OpenContentsOptions>
}

/** Sends an answer; what it is made of stays open until that is done. */
type Send<T> = (answer: Answer) => Promise<T>

/**
 * Content over HTTP, as IPFS clients and browsers ask for it.
 * https://specs.ipfs.tech/http-gateways/path-gateway/ https://specs.ipfs.tech/http-gateways/trustless-gateway/
 */
export class Gateway {
  readonly #contents: OpenContents
  readonly #clock: Clock

  constructor({ port, clock, options }: GatewaySetup) {
    this.#contents = new OpenContents({ port, clock, ...(options && { options }) })
    this.#clock = clock
  }

  /**
   * @param signal ends when the client leaves
   * @throws ShoalError what the port throws; INVALID_CID, INVALID_ARGUMENT, NOT_FOUND, PRECONDITION_FAILED, RANGE_NOT_SATISFIABLE
   */
  async answer<T>(request: GatewayRequest, signal: AbortSignal, send: Send<T>): Promise<T> {
    const { address } = request
    if (isProbe(address)) return send(probeAnswer(request))
    const root = parseCid(address.cid)
    const known = knownEtag(request, root)
    if (known) return send(withFacts(unchangedAnswer(known), request, [root]))
    using resolved = await this.#resolve(request, root, signal)
    using index = await this.#indexOf(request, resolved, signal)
    const answer = await this.#answerOf(request, { resolved, index }, signal)
    return await send(withFacts(answer, request, resolved.roots))
  }

  close(): void {
    this.#contents.close()
  }

  async #resolve(
    { address, onlyIfCached }: GatewayRequest,
    root: string,
    signal: AbortSignal,
  ): Promise<Resolved> {
    using limit = withDeadline(this.#clock, OPEN_MS, signal)
    const path = { root, segments: address.segments }
    return await resolve(this.#contents, path, { signal: limit.signal, onlyLocal: onlyIfCached })
  }

  async #answerOf(request: GatewayRequest, { resolved, index }: Found, signal: AbortSignal): Promise<Answer> {
    const { format, address } = request
    const { cid, lease, roots } = resolved
    if (format.kind === 'raw')
      return unlessKnown(request, rawEtag(cid), () => rawAnswer(request, resolved, signal))
    if (format.kind === 'car') {
      const context = { contents: this.#contents, signal }
      return unlessKnown(request, carEtagOf(request, format, roots), () =>
        carAnswer(request, format, resolved, context),
      )
    }
    if (lease.kind === 'file')
      return fileUnlessKnown(request, { cid, lease }, { lastName: address.segments.at(-1), signal })
    if (!address.isFolder) return redirect(address)
    if (index) return fileUnlessKnown(request, index, { lastName: INDEX, signal })
    return unlessKnown(request, listingEtag(cid), () => listingAnswer(request, lease.folder, cid))
  }

  /** The page that a folder has of its own. */
  async #indexOf(
    { format, address, onlyIfCached }: GatewayRequest,
    { cid, lease, roots }: Resolved,
    signal: AbortSignal,
  ): Promise<IndexPage | undefined> {
    if (format.kind !== 'unixfs' || lease.kind === 'file' || !address.isFolder) return undefined
    const { folder } = lease
    const { link } = await findInFolder(cid, INDEX, (each) => folder.node(each))
    if (!link || folder.node(link.cid)) return undefined
    using limit = withDeadline(this.#clock, OPEN_MS, signal)
    const options = { signal: limit.signal, within: roots, onlyLocal: onlyIfCached }
    const page = await this.#contents.lease(link.cid, options)
    if (page.kind === 'file')
      return { cid: link.cid, lease: page, [Symbol.dispose]: () => page[Symbol.dispose]() }
    page[Symbol.dispose]()
    return undefined
  }
}

type IndexPage = Disposable & { readonly cid: string; readonly lease: Lease & { kind: 'file' } }

interface Found {
  readonly resolved: Resolved
  readonly index: IndexPage | undefined
}

async function unlessKnown(
  { ifNoneMatch }: GatewayRequest,
  etag: string,
  make: () => Promise<Answer> | Answer,
): Promise<Answer> {
  return isNoneMatch(ifNoneMatch, [etag]) ? unchangedAnswer(etag) : make()
}

function fileUnlessKnown(...[request, file, context]: Parameters<typeof fileAnswer>): Promise<Answer> {
  return unlessKnown(request, fileEtag(file.cid), () => fileAnswer(request, file, context))
}

/** The ETag that the client has, when that can be told without looking: the address alone fixes what it names. */
function knownEtag(request: GatewayRequest, root: string): string | undefined {
  const { format, ifNoneMatch, address } = request
  // Whether there is anything has to be looked at.
  if (ifNoneMatch === undefined || isAny(ifNoneMatch) || address.segments.length > 0) return undefined
  const etags =
    format.kind === 'raw'
      ? [rawEtag(root)]
      : format.kind === 'car'
        ? [carEtagOf(request, format, [root])]
        : [fileEtag(root), listingEtag(root)]
  return etags.find((etag) => isNoneMatch(ifNoneMatch, [etag]))
}

/** Folders have addresses that end in a slash, so that links in them lead below. */
function redirect({ path, query }: ContentAddress): Answer {
  const location = `${path}/${query && `?${query}`}`
  return { status: 301, headers: { location, 'cache-control': IMMUTABLE, 'content-length': 0 } }
}

function listingAnswer({ address, isHead }: GatewayRequest, folder: OpenFolder, cid: string): Answer {
  const page = Buffer.from(listingPage({ folder, cid, segments: address.segments }))
  const headers = {
    ...{ 'content-type': 'text/html; charset=utf-8', 'content-length': page.length },
    ...{ 'content-security-policy': LISTING_CSP, 'cache-control': LISTING_CACHE, etag: listingEtag(cid) },
  }
  return { status: 200, headers, body: isHead ? undefined : single(page) }
}

/** What every answer tells of the path, and of how it came to its form. */
function withFacts(
  answer: Answer,
  { address, format, isFromHeader }: GatewayRequest,
  roots: readonly string[],
): Answer {
  const form: Record<string, string> = { format: format.kind }
  if (format.kind === 'car')
    Object.assign(form, { 'car-version': '1', 'car-order': 'dfs', 'car-dups': format.dups ? 'y' : 'n' })
  const headers = {
    ...answer.headers,
    ...{ 'x-ipfs-path': address.path, vary: 'Accept' },
    ...(roots.length <= MAX_ROOTS_TOLD && { 'x-ipfs-roots': roots.join(',') }),
    ...(isFromHeader && { 'content-location': contentLocation(address, form) }),
  }
  return { ...answer, headers }
}
