import { linkSignals } from '../../base/signals.ts'
import type { TransferContext } from '../context.ts'
import { ProviderFeed } from '../provider-feed.ts'

/** Folders whose providers are asked for what is in them: the nearest ones, and the one that the path begins with. */
const MAX_WITHIN = 3

/** Look-ups of who has a content, or one of the folders that it is in, until they are closed. */
export interface Feeds {
  readonly all: readonly ProviderFeed[]
  /** Harmless when repeated. */
  close(): Promise<void>
}

/** @param within CIDs of the folders through which it was reached, the outermost first */
export function startFeeds(context: TransferContext, cid: string, within: readonly string[]): Feeds {
  const { clock, log, options, findProviders } = context
  const linked = linkSignals()
  const folders = within.length <= MAX_WITHIN ? within : [within[0]!, ...within.slice(1 - MAX_WITHIN)]
  const all = [...new Set([cid, ...folders])].map(
    (each) => new ProviderFeed({ lookUp: (signal) => findProviders(each, signal), clock, log, options }),
  )
  const looking = Promise.all(all.map((feed) => feed.run(linked.signal)))
  return {
    all,
    async close() {
      linked.abort()
      await looking
    },
  }
}
