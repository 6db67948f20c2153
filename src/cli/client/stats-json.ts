import type { LocatorReport } from './rest.ts'

/** What the CLI reads of the node's figures. Sizes in bytes, times in ms; further keys may be there. */
export interface StatsJson {
  nowMs: number
  startedMs: number
  totals: {
    uploadedBytes: number
    uploadedLanBytes: number
    downloadedBytes: number
    downloadedLanBytes: number
    blocksVerified: number
    blockFailures: Record<string, number>
    searches: number
    hits: number
    messages: Record<string, number>
    queries: Record<string, { received: number; answered: number; dropped: number }>
    downloadsDone: number
    downloadsFailed: number
    filesDone: number
  }
  now: {
    peersKnown: number
    peersAlive: number
    neighbours: number
    zoneSize: number
    networkSize: number
    dhtContacts: number
    dhtMode: 'client' | 'server'
    dhtRecords: number
    downloadsActive: number
    uploadsActive: number
    uploadsQueued: number
  }
  storage: {
    libraryFiles: number
    libraryBytes: number
    catalogueBytes: number
    stateBytes: number
    downloadsBytesLeft?: number
    freeBytes?: number
  }
  series: { hour: SeriesJson; day: SeriesJson }
}

/** In steps, the oldest first. */
export interface SeriesJson {
  stepMs: number
  endMs: number
  uploadedBytes: number[]
  downloadedBytes: number[]
  blockFailures: number[]
  searches: number[]
  queries: number[]
  peersAlive: number[]
  neighbours: number[]
}

export interface AskedForJson {
  words?: string
  sha256?: string
  cid?: string
}

/** A search that was made at the node. */
export interface SearchRowJson {
  id: string
  startedMs: number
  query: AskedForJson
  ms: number
  hits: number
  reason: string
  via: Record<string, LocatorReport>
  responders: { peerId: string; name: string; hits: number; via: string[]; hops?: number; through?: string }[]
}

/** A query of another peer. */
export interface QueryRowJson {
  id: string
  atMs: number
  locator: string
  query: AskedForJson
  from: string
  fromName: string
  ttl?: number
  hops?: number
  hits: number
  passedOn?: number
}

export interface SearchLogJson {
  searches: SearchRowJson[]
  cursor?: string
}

export interface QueryLogJson {
  queries: QueryRowJson[]
  cursor?: string
}
