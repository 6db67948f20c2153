import { compileQuery, matchText } from '../../content/match.ts'
import { FloodLocator } from '../flood-locator.ts'
import { type ServerlessNode, startServerlessNode } from './serverless-node.ts'
import type { SharedSet } from './shared-set.ts'

export type FloodNode = ServerlessNode<FloodLocator>

/** Starts a node with nothing but a membership and a flood locator. */
export function startFloodNode(seeds: readonly string[]): Promise<FloodNode> {
  return startServerlessNode(seeds, ({ common, membership, reader, source }) => {
    const locator = new FloodLocator({
      ...common,
      ...{ membership, reader, source, library: libraryOf(source) },
      options: {
        ...{ filterDelayMs: 10, filterCheckMs: 1000, tellDelayMs: 10 },
        ...{ neighbourRate: { perSecond: 1000, burst: 1000 }, totalRate: { perSecond: 1000, burst: 1000 } },
      },
    })
    return {
      locator,
      async share({ added, removed }) {
        await locator.withdraw()
        if (added.length + removed.length > 0) await locator.announce()
      },
    }
  })
}

function libraryOf(source: SharedSet) {
  return {
    search(query: Parameters<typeof compileQuery>[0]) {
      const matches = compileQuery(query)
      const all = [...source.batches()].flat()
      return all.filter((entry) => matches(entry, matchText(entry.path))).slice(0, query.limit)
    },
  }
}
