import type { DownloadsPort, NodeEvent, PeerRow } from '../api/node-port.ts'
import type { Emitter } from '../base/events.ts'
import type { NodeParts } from './node.ts'
import { Wishes } from './wishes/wishes.ts'

/** What the wish list needs of the node that it belongs to. */
interface WishNode {
  readonly downloads: DownloadsPort
  readonly events: Emitter<NodeEvent>
  peers(): PeerRow[]
}

/** The wish list of a node, put together. */
export function nodeWishes(parts: NodeParts, node: WishNode): Wishes {
  const { store, wishStore, catalogue, discovery, transfer, clock, random, log } = parts
  const { locators } = discovery
  const wishes = new Wishes({
    ...{ store: wishStore, downloads: node.downloads, events: node.events, clock, random },
    log: log.child({ module: 'wishes' }),
    changes: transfer.downloads.changes,
    // What is shared here already is no news.
    search: (query, signal) =>
      locators.search(query, { signal, via: locators.enabled, timeoutMs: store.current.searchTimeoutMs }),
    isShared: (cid) => catalogue.find(cid) !== undefined,
    hasPeers: () =>
      locators.enabled.length > 0 && node.peers().some(({ state }) => state !== 'dead' && state !== 'left'),
    settings: () => {
      const { wishIntervalMs, wishMaxFetches, wishMaxBytes } = store.current
      return { intervalMs: wishIntervalMs, maxFetches: wishMaxFetches, maxBytes: wishMaxBytes }
    },
  })
  store.changes.on(() => wishes.changed())
  return wishes
}
