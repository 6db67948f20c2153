import { formatBytes, formatDuration, formatRate } from '../../base/units.ts'
import type {
  AskedForJson,
  QueryRowJson,
  SearchRowJson,
  SeriesJson,
  StatsJson,
} from '../client/stats-json.ts'
import { sparkline } from '../output/sparkline.ts'
import type { Column } from '../output/table.ts'

const MINUTE_MS = 60_000
/** Columns of the labels beside a sparkline, and the least that one may have. */
const LABEL_COLUMNS = 16
const MIN_SPARK_COLUMNS = 20
/** Fewer bars are easier to read than one for each step. */
const MAX_SPARK_COLUMNS = 60

/** Labels and values of all figures. @param columns of the terminal; undefined when there is none */
export function statsFacts(stats: StatsJson, columns: number | undefined): [string, string][] {
  const { totals, now, storage, series, nowMs, startedMs } = stats
  const { hour } = series
  return [
    ['Since', `${formatDuration(nowMs - startedMs)} ago`],
    ['Sent', `${moved(totals.uploadedBytes, totals.uploadedLanBytes)}${recent(hour, 'uploadedBytes')}`],
    [
      'Received',
      `${moved(totals.downloadedBytes, totals.downloadedLanBytes)}${recent(hour, 'downloadedBytes')}`,
    ],
    ['Blocks', `${totals.blocksVerified} verified; ${listed(totals.blockFailures, 'no source failed')}`],
    [
      'Downloads',
      `${totals.downloadsDone} done (${totals.filesDone} files), ${totals.downloadsFailed} failed, ${now.downloadsActive} running`,
    ],
    ['Uploads', `${now.uploadsActive} running, ${now.uploadsQueued} waiting`],
    [
      'Searches',
      `${totals.searches} made, ${totals.hits} hits; messages: ${listed(totals.messages, 'none')}`,
    ],
    ...Object.entries(totals.queries).map(([name, { received, answered, dropped }]): [string, string] => [
      `Asked by ${name}`,
      `${received} received, ${answered} answered with hits, ${dropped} dropped`,
    ]),
    ['Peers', `${now.peersKnown} known, ${now.peersAlive} alive, ${now.neighbours} neighbours`],
    ['Network', network(now)],
    ['DHT', `${now.dhtMode}, ${now.dhtContacts} contacts, ${now.dhtRecords} records`],
    ['Shares', `${storage.libraryFiles} files, ${formatBytes(storage.libraryBytes)}`],
    ['Databases', formatBytes(storage.catalogueBytes + storage.stateBytes)],
    ['Free', free(storage)],
    ...sparklines(hour, columns),
  ]
}

/** Bytes a second over the last minute, or what there is of it; undefined before the first step. */
export function lastRate({ stepMs }: SeriesJson, amounts: readonly number[]): number | undefined {
  const last = amounts.slice(-Math.max(1, Math.round(MINUTE_MS / stepMs)))
  if (last.length === 0) return undefined
  return (last.reduce((sum, each) => sum + each, 0) * 1000) / (last.length * stepMs)
}

function recent(hour: SeriesJson, name: 'uploadedBytes' | 'downloadedBytes'): string {
  const rate = lastRate(hour, hour[name])
  return rate === undefined ? '' : `; ${formatRate(rate)} in the last minute`
}

function network({ networkSize, zoneSize }: StatsJson['now']): string {
  return networkSize === 0
    ? 'off'
    : `about ${networkSize} ${networkSize === 1 ? 'node' : 'nodes'}, ${zoneSize} in the own zone`
}

function moved(bytes: number, lanBytes: number): string {
  return `${formatBytes(bytes)}${lanBytes > 0 ? ` (${formatBytes(lanBytes)} on the local network)` : ''}`
}

/** `flood 4, zone 2` without those that are 0. */
function listed(counts: Readonly<Record<string, number>>, none: string): string {
  const some = Object.entries(counts).filter(([, count]) => count > 0)
  return some.map(([name, count]) => `${name} ${count}`).join(', ') || none
}

function free({ downloadsBytesLeft, freeBytes }: StatsJson['storage']): string {
  const told = [
    ...(downloadsBytesLeft === undefined ? [] : [`${formatBytes(downloadsBytesLeft)} for downloads`]),
    ...(freeBytes === undefined ? [] : [`${formatBytes(freeBytes)} for the data folder`]),
  ]
  return told.join(', ') || 'cannot be told'
}

/** The last hour, where there is room for it. */
function sparklines(hour: SeriesJson, columns: number | undefined): [string, string][] {
  const width = Math.min(MAX_SPARK_COLUMNS, (columns ?? 0) - LABEL_COLUMNS)
  if (width < MIN_SPARK_COLUMNS || hour.uploadedBytes.length < 2) return []
  return [
    ['Sent, last hour', sparkline(hour.uploadedBytes, width)],
    ['Received', sparkline(hour.downloadedBytes, width)],
    ['Queries', sparkline(hour.queries, width)],
  ]
}

export function askedText({ words, sha256, cid }: AskedForJson): string {
  return [words, sha256, cid].filter((each) => each !== undefined).join(' ')
}

const ago = (nowMs: number, ms: number): string => `${formatDuration(Math.max(0, nowMs - ms))} ago`

export const searchColumns = (nowMs: number): Column<SearchRowJson>[] => [
  { title: 'WHEN', value: ({ startedMs }) => ago(nowMs, startedMs) },
  { title: 'HITS', value: ({ hits }) => String(hits), align: 'right' },
  { title: 'TOOK', value: ({ ms }) => formatDuration(ms), align: 'right' },
  { title: 'END', value: ({ reason }) => reason },
  {
    title: 'VIA',
    value: ({ via }) =>
      Object.entries(via)
        .map(([name, { hits }]) => `${name} ${hits}`)
        .join(', '),
    shrinkTo: 12,
  },
  {
    title: 'PEERS',
    value: ({ responders }) => responders.map(({ name, peerId }) => name || peerId).join(', '),
    shrinkTo: 8,
  },
  { title: 'QUERY', value: ({ query }) => askedText(query), shrinkTo: 20 },
]

export const queryColumns = (nowMs: number): Column<QueryRowJson>[] => [
  { title: 'WHEN', value: ({ atMs }) => ago(nowMs, atMs) },
  { title: 'BY', value: ({ locator }) => locator },
  { title: 'FROM', value: ({ fromName, from }) => fromName || from, shrinkTo: 10 },
  { title: 'HOPS', value: ({ hops }) => (hops === undefined ? '' : String(hops)), align: 'right' },
  { title: 'HITS', value: ({ hits }) => String(hits), align: 'right' },
  {
    title: 'PASSED ON',
    value: ({ passedOn }) => (passedOn === undefined ? '' : String(passedOn)),
    align: 'right',
  },
  { title: 'QUERY', value: ({ query }) => askedText(query), shrinkTo: 20 },
]
