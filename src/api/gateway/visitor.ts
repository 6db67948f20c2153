import { ShoalError } from '../../base/errors.ts'

/** What a browser says of who asks, and what for (https://www.w3.org/TR/fetch-metadata/); programs send none of it. */
export interface Visitor {
  readonly fetchSite: string | undefined
  readonly fetchDest: string | undefined
  readonly fetchUser: string | undefined
  /** `Service-Worker`, sent when a script is to become one. */
  readonly serviceWorker: string | undefined
}

/** What shared content may be for a browser: something to look at, listen to, save, or read by a page of this node. */
const ALLOWED_DESTS = new Set(['document', 'empty', 'image', 'audio', 'video', 'track'])

/**
 * Refuses what the guard lets pass to other addresses. Shared content stands in the origin of the node's page, so it must never become a script, a
 * style, a worker or a frame of a page there; and a page elsewhere must not have this node fetch things without the user's click.
 *
 * @throws ShoalError INVALID_ARGUMENT for a service worker, as the path gateway's specification has it; PERMISSION_DENIED
 */
export function checkVisitor({ fetchSite, fetchDest, fetchUser, serviceWorker }: Visitor): void {
  if (serviceWorker !== undefined)
    throw new ShoalError('INVALID_ARGUMENT', 'Shared content cannot become a service worker.')
  if (fetchDest !== undefined && !ALLOWED_DESTS.has(fetchDest))
    throw new ShoalError('PERMISSION_DENIED', 'Shared content can be shown and saved, not run or embedded.')
  const isForeign = fetchSite !== undefined && fetchSite !== 'same-origin' && fetchSite !== 'none'
  if (isForeign && fetchUser !== '?1')
    throw new ShoalError('PERMISSION_DENIED', 'Follow a link to this, or open its address.')
}
