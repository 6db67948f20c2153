import type {
  LogPage,
  LogPageOptions,
  QueryRow,
  SearchRow,
  StatsNow,
  StatsPort,
  StatsTotals,
  StatsView,
} from '../../api/views/stats-view.ts'
import type { Clock } from '../../base/clock.ts'
import { Emitter } from '../../base/events.ts'
import type { Random } from '../../base/random.ts'
import type { Fabric } from '../../fabric/fabric.ts'
import type { Catalogue } from '../../storage/catalogue.ts'
import type { ConfigStore } from '../config-store.ts'
import type { DataFolder } from '../data-folder.ts'
import type { Discovery } from '../discovery.ts'
import type { NodeConfig } from '../settings.ts'
import { downloadsFolder, type Transfer } from '../transfer.ts'
import { DownloadCounts } from './download-counts.ts'
import { peersKnown } from './peers-known.ts'
import { QueryLog } from './query-log.ts'
import { SearchLog } from './search-log.ts'
import { type Reading, StatsSeries } from './series.ts'
import { storageFacts } from './storage.ts'

export interface StatsSetup {
  readonly store: ConfigStore<NodeConfig>
  readonly folder: DataFolder
  readonly catalogue: Catalogue
  readonly fabric: Fabric
  readonly discovery: Discovery
  readonly transfer: Transfer
  readonly clock: Clock
  readonly random: Random
}

/** Collects what the node did and does, in memory of a fixed size; it begins anew with each start. */
export class NodeStats implements StatsPort {
  /** Searches that are over. */
  readonly searched = new Emitter<SearchRow>()
  readonly #setup: StatsSetup
  readonly #startedMs: number
  readonly #searches: SearchLog
  readonly #queries: QueryLog
  readonly #downloads = new DownloadCounts()
  readonly #series: StatsSeries
  readonly #offs: (() => void)[]

  /** Begins to collect. */
  constructor(setup: StatsSetup) {
    const { store, discovery, transfer, clock, random } = setup
    this.#setup = setup
    this.#startedMs = clock.now()
    this.#searches = new SearchLog(clock, random)
    const isWanted = () => store.current.logQueries
    this.#queries = new QueryLog({ foreign: discovery.foreign, isWanted, clock, random })
    this.#offs = [
      discovery.locators.searched.on((story) => this.searched.emit(this.#searches.add(story))),
      transfer.downloads.changes.on((view) => this.#downloads.note(view)),
      store.changes.on(({ config }) => {
        if (!config.logQueries) this.#queries.recent.clear()
      }),
    ]
    this.#series = new StatsSeries({ clock, read: () => this.#read() })
  }

  stop(): void {
    for (const off of this.#offs) off()
    this.#queries.stop()
    this.#series.stop()
  }

  async view(): Promise<StatsView> {
    const { clock, store, folder, catalogue } = this.#setup
    const storage = await storageFacts({
      ...{ folder, catalogue, downloadsFolder: () => downloadsFolder(store, folder) },
    })
    return {
      ...{ nowMs: clock.now(), startedMs: this.#startedMs },
      ...{ totals: this.totals(), now: this.#now(), storage },
      series: { hour: this.#series.hour(), day: this.#series.day() },
    }
  }

  searches(options: LogPageOptions): LogPage<SearchRow> {
    return this.#searches.recent.page(options)
  }

  queries(options: LogPageOptions): LogPage<QueryRow> {
    const { peers } = this.#setup.discovery
    const { rows, ...rest } = this.#queries.recent.page(options)
    return { rows: rows.map((row) => ({ ...row, fromName: peers.get(row.from)?.name ?? '' })), ...rest }
  }

  /** Sums since the start. */
  totals(): StatsTotals {
    const { tally } = this.#setup.transfer
    const { uploadedBytes, uploadedLanBytes, downloadedBytes, downloadedLanBytes, blocksVerified } = tally
    const { searches, hits, messages } = this.#searches
    const { done, failed, files } = this.#downloads
    return {
      ...{ uploadedBytes, uploadedLanBytes, downloadedBytes, downloadedLanBytes, blocksVerified },
      blockFailures: { ...tally.blockFailures },
      ...{ searches, hits, messages: Object.fromEntries(messages), queries: this.#queries.counts() },
      ...{ downloadsDone: done, downloadsFailed: failed, filesDone: files },
    }
  }

  #now(): StatsNow {
    const { fabric, discovery, transfer } = this.#setup
    const network = discovery.network?.view()
    const watched = discovery.network?.membership.list() ?? []
    const uploads = transfer.uploadCounts()
    return {
      peersKnown: peersKnown(discovery.peers.list(), watched),
      peersAlive: this.#peersAlive(),
      neighbours: network?.neighbours ?? 0,
      zoneSize: network?.zoneSize ?? 0,
      networkSize: network?.size ?? 0,
      dhtContacts: fabric.dht.size(),
      dhtMode: fabric.dht.mode(),
      dhtRecords: fabric.dht.records,
      downloadsActive: transfer.downloadCounts().active,
      uploadsActive: uploads.active,
      uploadsQueued: uploads.queued,
    }
  }

  #peersAlive(): number {
    const { network } = this.#setup.discovery
    return network?.membership.list().filter(({ state }) => state === 'alive').length ?? 0
  }

  #read(): Reading {
    const { tally } = this.#setup.transfer
    return {
      ...{ uploadedBytes: tally.uploadedBytes, downloadedBytes: tally.downloadedBytes },
      blockFailures: Object.values(tally.blockFailures).reduce((sum, count) => sum + count, 0),
      ...{ searches: this.#searches.searches, queries: this.#queries.received },
      peersAlive: this.#peersAlive(),
      neighbours: this.#setup.discovery.network?.membership.neighbours().length ?? 0,
    }
  }
}
