import type {
  LogPageOptions,
  QueryRow,
  SearchRow,
  SeriesView,
  StatsPort,
  StatsView,
} from '../views/stats-view.ts'

const PEER = '12D3KooWD3eckifWpRn9wQpMG9R9hX3sD158z7EqHWmweQAJU5SA'

const series = (stepMs: number): SeriesView => ({
  ...{ stepMs, endMs: 1_700_000_060_000 },
  ...{ uploadedBytes: [0, 2048], downloadedBytes: [1024, 0], blockFailures: [0, 1] },
  ...{ searches: [1, 0], queries: [2, 3], peersAlive: [4, 4], neighbours: [3, 3] },
})

export const STATS: StatsView = {
  nowMs: 1_700_000_061_000,
  startedMs: 1_700_000_000_000,
  totals: {
    ...{ uploadedBytes: 2048, uploadedLanBytes: 2048, downloadedBytes: 1024, downloadedLanBytes: 0 },
    ...{ blocksVerified: 1, blockFailures: { badHash: 1, stalled: 0 }, searches: 1, hits: 1 },
    messages: { flood: 4 },
    queries: { flood: { received: 5, answered: 2, dropped: 1 } },
    ...{ downloadsDone: 1, downloadsFailed: 0, filesDone: 3 },
  },
  now: {
    ...{ peersKnown: 5, peersAlive: 4, neighbours: 3, zoneSize: 5, networkSize: 5 },
    ...{ dhtContacts: 4, dhtMode: 'server', dhtRecords: 7 },
    ...{ downloadsActive: 1, uploadsActive: 0, uploadsQueued: 0 },
  },
  storage: {
    ...{ libraryFiles: 2, libraryBytes: 10, catalogueBytes: 4096, stateBytes: 4096 },
    downloadsBytesLeft: 1_000_000,
  },
  series: { hour: series(10_000), day: series(60_000) },
}

export const SEARCH: SearchRow = {
  id: '0b5f1a58-3c52-4f0e-9d3b-3f8f5d0f6d11',
  queryIds: ['0b5f1a58-3c52-4f0e-9d3b-3f8f5d0f6d11'],
  startedMs: 1_700_000_050_000,
  query: { words: 'red \u001b[31m fish' },
  ...{ ms: 12.5, hits: 1, reason: 'complete' },
  via: {
    flood: { hits: 1, messages: 4, ms: 12, asked: 2, bytes: 300, firstHitHops: 2, stopped: 'complete' },
    index: {
      ...{ hits: 0, messages: 0, ms: 1, asked: 0, bytes: 0, problems: ['index h:1: busy'] },
      error: { code: 'UNAVAILABLE', message: 'It is down.' },
    },
  },
  responders: [{ peerId: PEER, name: 'ada\u202e', hits: 1, via: ['flood'], hops: 2, through: PEER }],
}

export const QUERY: QueryRow = {
  id: '3b241101-e2bb-4255-8caf-4136c566a962',
  ...{ atMs: 1_700_000_055_000, locator: 'flood', query: { words: 'any <b>thing' } },
  ...{ from: PEER, fromName: 'ada', ttl: 4, hops: 1, hits: 2, passedOn: 3 },
}

/** Figures that a test sets. */
export class FakeStats implements StatsPort {
  figures = STATS
  searched: readonly SearchRow[] = [SEARCH]
  asked: readonly QueryRow[] = [QUERY]

  async view(): Promise<StatsView> {
    return this.figures
  }

  searches(options: LogPageOptions) {
    return page(this.searched, options)
  }

  queries(options: LogPageOptions) {
    return page(this.asked, options)
  }
}

function page<Row extends { id: string }>(all: readonly Row[], { limit, cursor }: LogPageOptions) {
  const from = cursor === undefined ? 0 : all.findIndex(({ id }) => id === cursor) + 1
  const rows = all.slice(from, from + limit)
  return { rows, ...(from + limit < all.length && { cursor: rows.at(-1)!.id }) }
}
