import type { AnswerRoute, LocatorHit, LocatorName } from './locator.ts'

/** A peer that is said to have some of what was looked for. */
export interface Responder {
  readonly peerId: string
  /** The name its owner gave it; proves nothing. */
  readonly name: string
  /** Different CIDs that were found at it. */
  readonly hits: number
  /** The locators that found it, in the order in which they did. */
  readonly via: readonly LocatorName[]
  /** Links to it, as far as it was told. */
  readonly hops?: number
  /** Who told of it; see {@link AnswerRoute}. */
  readonly through?: string
}

/** Peers that are told of after one search; those that came first. */
export const MAX_RESPONDERS = 50

interface Told {
  name: string
  readonly cids: Set<string>
  readonly via: LocatorName[]
}

/** Collects who has what while a search runs. */
export class Responders {
  readonly #told = new Map<string, Told>()

  add(via: LocatorName, { entry, providers }: LocatorHit): void {
    for (const { peerId, name } of providers) {
      const told = this.#told.get(peerId) ?? { name, cids: new Set(), via: [] }
      if (!this.#told.has(peerId)) {
        if (this.#told.size >= MAX_RESPONDERS) continue
        this.#told.set(peerId, told)
      }
      told.name ||= name
      told.cids.add(entry.cid)
      if (!told.via.includes(via)) told.via.push(via)
    }
  }

  /** All of them. @param routeOf how a locator knows of a peer */
  list(routeOf: (via: LocatorName, peerId: string) => AnswerRoute | undefined): Responder[] {
    return [...this.#told].map(([peerId, { name, cids, via }]) => {
      const routes = via.flatMap((each) => routeOf(each, peerId) ?? [])
      // The way that is known with its length says most.
      const { hops, through } = routes.find((route) => route.hops !== undefined) ?? routes[0] ?? {}
      return {
        ...{ peerId, name, hits: cids.size, via },
        ...(hops !== undefined && { hops }),
        ...(through !== undefined && { through }),
      }
    })
  }
}
