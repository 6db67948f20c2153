import { type LocateCost, newCost } from '../../locator.ts'
import type { FakeNode } from './fake-network.ts'

export interface Found {
  /** Names of files by the peers that have them: `name@peer`, in alphabetical order. */
  readonly names: string[]
  readonly cost: LocateCost
  readonly tookMs: number
}

/** Searches in virtual time, to the end. */
export async function findOn(
  { locator, network: { clock } }: FakeNode,
  words: string,
  limit = 100,
): Promise<Found> {
  const cost = newCost()
  const names: string[] = []
  const { signal } = new AbortController()
  const begin = clock.monotonic()
  let isOver = false
  const search = async () => {
    try {
      for await (const { entry, providers } of locator.search({ words, limit }, { signal, cost })) {
        // Its own.
        if (providers.length === 0) continue
        names.push(`${entry.name}@${providers[0]!.peerId}`)
      }
    } finally {
      isOver = true
    }
  }
  const searching = search()
  searching.catch(() => {})
  await clock.runUntil(() => isOver, 60_000)
  await searching
  return { names: names.sort(), cost, tookMs: clock.monotonic() - begin }
}
