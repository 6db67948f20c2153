import { type ErrorCode, ShoalError } from '../../base/errors.ts'

/** What the guard looks at in a request. */
export interface GuardedRequest {
  readonly method: string
  /** Request target as sent. */
  readonly url: string
  /** All `Host` headers: more than one is an attempt to be understood in two ways. */
  readonly hosts: readonly string[]
  readonly origin: string | undefined
  readonly authorization: string | undefined
  /** `Sec-Fetch-*`, which browsers send and pages cannot forge (https://www.w3.org/TR/fetch-metadata/). */
  readonly fetchSite: string | undefined
  readonly fetchMode: string | undefined
  readonly fetchDest: string | undefined
  /** The route reads what only the owner may see. */
  readonly secret: boolean
}

export interface GuardPolicy {
  /** Values of `Host` that mean this server, lower case, with port. */
  readonly hosts: ReadonlySet<string>
  /** See token.ts. */
  readonly hasToken: (authorization: string | undefined) => boolean
}

export interface Refusal {
  readonly code: ErrorCode
  readonly message: string
}

/**
 * Whether a request may go on. A local API is open to every page in the owner's browser and to every user of
 * the machine, so:
 *
 * - `Host` must be an address of this server: a foreign name that was made to point here (DNS rebinding) is
 *   refused.
 * - `Origin`, when sent, must be this server; browsers send it with everything that other pages can ask for
 *   with scripts.
 * - What a browser says to come from another site is refused even without `Origin` (images, forms), except
 *   following a link to a page for people.
 * - Everything but GET and HEAD, and reading secrets, needs the bearer token, which only the owner's programs
 *   can read.
 *
 * @returns undefined when all is well
 */
export function refusalOf(request: GuardedRequest, policy: GuardPolicy): Refusal | undefined {
  const [host = ''] = request.hosts
  if (!request.url.startsWith('/') || request.hosts.length !== 1)
    return { code: 'INVALID_ARGUMENT', message: 'Ask for a path, with one Host header.' }
  if (!policy.hosts.has(host.toLowerCase()))
    return {
      code: 'PERMISSION_DENIED',
      message: `Host ${shown(host)} is not this node. Use ${[...policy.hosts].join(' or ')}.`,
    }
  if (request.origin !== undefined && !isOwnOrigin(request.origin, policy.hosts))
    return { code: 'PERMISSION_DENIED', message: `Pages of ${shown(request.origin)} may not use this node.` }
  if (isForeign(request))
    return { code: 'PERMISSION_DENIED', message: 'Pages of other sites may not use this node.' }
  const reads = request.method === 'GET' || request.method === 'HEAD'
  if ((!reads || request.secret) && !policy.hasToken(request.authorization))
    return {
      code: 'UNAUTHENTICATED',
      message: `${request.authorization === undefined ? 'This needs' : 'The token is wrong; send'} "Authorization: Bearer TOKEN" with the token from the file api.token in the node's data folder.`,
    }
  return undefined
}

/** Throws what {@link refusalOf} finds. */
export function guard(request: GuardedRequest, policy: GuardPolicy): void {
  const refusal = refusalOf(request, policy)
  if (refusal) throw new ShoalError(refusal.code, refusal.message)
}

/**
 * The `Host` values that mean the server on `port`: the loopback names, the address it is bound to, and
 * `extra` ones.
 */
export function ownHosts(port: number, bound: string, extra: readonly string[] = []): Set<string> {
  const names = ['127.0.0.1', 'localhost', '[::1]']
  // An address, unlike a name, cannot be made to point elsewhere; 0.0.0.0 and :: are no addresses of
  // anything.
  if (/^[\d.]+$/.test(bound) && bound !== '0.0.0.0') names.push(bound)
  else if (bound.includes(':') && bound !== '::') names.push(`[${bound}]`)
  const hosts = names.flatMap((name) => (port === 80 ? [name, `${name}:80`] : [`${name}:${port}`]))
  return new Set([...hosts, ...extra].map((host) => host.toLowerCase()))
}

function isOwnOrigin(origin: string, hosts: ReadonlySet<string>): boolean {
  const host = /^https?:\/\/([^/]+)$/i.exec(origin)?.[1]
  return host !== undefined && hosts.has(host.toLowerCase())
}

function isForeign({ url, fetchSite, fetchMode, fetchDest }: GuardedRequest): boolean {
  if (fetchSite === undefined || fetchSite === 'same-origin' || fetchSite === 'none') return false
  return fetchMode !== 'navigate' || fetchDest !== 'document' || url.startsWith('/api/')
}

const shown = (text: string) => (text.length > 80 ? `${text.slice(0, 80)}…` : text)
