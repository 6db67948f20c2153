import type { Page, Route } from 'playwright-core'
import type { Kept, KeptReplica, Replica } from '../../web/src/api/types.ts'

const NOW_MS = Date.now()
const DAY_MS = 86_400_000

export interface Copies {
  orders: Replica[]
  kept: KeptReplica[]
  /** What was to be changed: method, path, and what was sent. */
  readonly asked: string[]
}

/** An order as a node tells it, with holders in all states. @param index makes the CID its own */
export const orderNamed = (name: string, index: number, peers: readonly string[]): Replica => ({
  ...{ cid: `bafyorder${index}`, name, kind: index % 2 ? 'folder' : 'file', sizeBytes: 5_000_000 },
  ...{ owner: '12D3KooWme', ownerName: 'me', role: 'owner', wanted: 4, live: 1 },
  ...{ state: 'short', reason: `${name} has no room`, createdMs: NOW_MS, expiresMs: NOW_MS + 30 * DAY_MS },
  holders: (['kept', 'fetching', 'leaving', 'lost'] as const).map((state, at) => ({
    ...{ peerId: `12D3KooWholder${index}x${at}`, name: peers[at] ?? '', state, lastSeenMs: NOW_MS },
    ...(state === 'fetching'
      ? { doneBytes: 2_000_000 }
      : { leaseExpiresMs: NOW_MS + DAY_MS, provedMs: NOW_MS }),
  })),
})

/** Something that a node keeps; for nobody when there is no name of an owner. */
export const keptNamed = (name: string, index: number, ownerName?: string): KeptReplica => ({
  ...{ cid: `bafykept${index}`, name, sizeBytes: 3_000_000, state: 'kept' },
  pinned: ownerName === undefined,
  ...(ownerName !== undefined && {
    ...{ owner: `12D3KooWowner${index}`, ownerName, leaseExpiresMs: NOW_MS + DAY_MS },
  }),
})

/** What peers keep and what is kept for them, made up: the page gets these answers in place of the node's, from now on. */
export async function withCopies(page: Page, copies: Copies): Promise<void> {
  const cidOf = (route: Route) =>
    decodeURIComponent(new URL(route.request().url()).pathname.split('/')[4] ?? '')
  const note = (route: Route) => {
    const request = route.request()
    const sent = request.postData()
    copies.asked.push([request.method(), new URL(request.url()).pathname, sent].filter(Boolean).join(' '))
  }
  await page.route(/\/api\/v1\/replicas/, async (route) => {
    const method = route.request().method()
    if (method === 'GET') return route.fulfill({ json: { replicas: copies.orders } })
    note(route)
    if (method === 'DELETE') {
      const cid = cidOf(route)
      copies.orders = copies.orders.filter((order) => order.cid !== cid)
      return route.fulfill({ json: { cid, told: 1, untold: 1 } })
    }
    if (route.request().url().endsWith('/prove')) return route.fulfill({ json: copies.orders[0] })
    const { cid, replicas } = route.request().postDataJSON() as { cid: string; replicas: number }
    const order = { ...orderNamed('ordered', 0, ['ada']), cid, wanted: replicas }
    copies.orders = [order, ...copies.orders]
    return route.fulfill({ status: 201, json: order })
  })
  await page.route(/\/api\/v1\/kept/, (route) => {
    const bounds = { files: 2, maxFiles: 100, sizeBytes: 6_000_000, maxBytes: 9_000_000 } as const
    const kept: Kept = { ...bounds, keepsFor: 'trusted', replicas: copies.kept }
    return route.fulfill({ json: kept })
  })
  await page.route(/\/api\/v1\/pins\//, (route) => {
    note(route)
    const isPin = route.request().method() === 'PUT'
    const cid = cidOf(route)
    if (isPin && !copies.kept.some((each) => each.cid === cid))
      copies.kept.push({ ...keptNamed('pinned here', 0), cid })
    copies.kept = copies.kept
      .map((each) => (each.cid === cid ? { ...each, pinned: isPin } : each))
      .filter(({ pinned, owner }) => pinned || owner !== undefined)
    return isPin
      ? route.fulfill({ json: copies.kept.find((each) => each.cid === cid) })
      : route.fulfill({ status: 204 })
  })
}
