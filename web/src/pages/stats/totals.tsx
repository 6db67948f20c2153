import type { ReactNode } from 'react'
import { printable } from '../../../../src/base/printable.ts'
import type { Stats } from '../../api/types.ts'
import { countOf, formatBytes, formatDuration } from '../../format.ts'
import { QueryTotals } from './query-totals.tsx'

/** Why a source gave no more blocks. */
const FAILURES: Readonly<Record<string, string>> = {
  badHash: 'wrong bytes',
  badAnswer: 'senseless answer',
  stalled: 'stalled',
  broken: 'connection broke',
  refused: 'refused',
  unreachable: 'not reached',
}

type Facts = readonly (readonly [label: string, value: ReactNode])[]

/** The numbers: since the start of the node, and now. */
export function Totals({ stats: { totals, now, storage, startedMs, nowMs } }: { stats: Stats }) {
  const failures = Object.entries(totals.blockFailures).filter(([, count]) => count > 0)
  const free = (bytes: number | undefined) => (bytes === undefined ? 'not known' : formatBytes(bytes))
  return (
    <>
      <div className="cards">
        <Card
          title="Transfers"
          facts={[
            ['Fetched', withLan(totals.downloadedBytes, totals.downloadedLanBytes)],
            ['Given', withLan(totals.uploadedBytes, totals.uploadedLanBytes)],
            ['Blocks verified', totals.blocksVerified.toLocaleString()],
            [
              'Sources that failed',
              failures.length === 0
                ? 'none'
                : failures
                    .map(
                      ([reason, count]) =>
                        `${FAILURES[reason] ?? printable(reason)} ${count.toLocaleString()}`,
                    )
                    .join(', '),
            ],
            [
              'Downloads',
              `${now.downloadsActive} now, ${countOf(totals.downloadsDone, 'done', 'done')} (${countOf(totals.filesDone, 'file')}), ${totals.downloadsFailed.toLocaleString()} failed`,
            ],
            ['Uploads', `${now.uploadsActive} now, ${now.uploadsQueued} wait`],
          ]}
        />
        <Card
          title="Network"
          facts={[
            ['Peers known', now.peersKnown.toLocaleString()],
            ['Peers alive', now.peersAlive.toLocaleString()],
            ['Neighbours', now.neighbours.toLocaleString()],
            ['Own zone', now.zoneSize === 0 ? 'takes no part' : countOf(now.zoneSize, 'peer')],
            [
              'Network',
              now.networkSize === 0 ? 'takes no part' : `about ${countOf(now.networkSize, 'peer')}`,
            ],
            [
              'DHT',
              `${now.dhtMode}, ${countOf(now.dhtContacts, 'contact')}, keeps ${countOf(now.dhtRecords, 'record')}`,
            ],
          ]}
        />
        <Card
          title="Storage"
          facts={[
            ['Library', `${countOf(storage.libraryFiles, 'file')}, ${formatBytes(storage.libraryBytes)}`],
            ['Catalogue', formatBytes(storage.catalogueBytes)],
            ['State', formatBytes(storage.stateBytes)],
            ['Free for downloads', free(storage.downloadsBytesLeft)],
            ['Free beside the data', free(storage.freeBytes)],
          ]}
        />
        <QueryTotals totals={totals} />
      </div>
      <p className="soft small">
        Since the node started {formatDuration(nowMs - startedMs)} ago, on{' '}
        {new Date(startedMs).toLocaleString()}.
      </p>
    </>
  )
}

/** How much, and how much of it did not leave the house. */
function withLan(bytes: number, lanBytes: number): string {
  if (lanBytes === 0) return formatBytes(bytes)
  const part = lanBytes === bytes ? 'all' : `of it ${formatBytes(lanBytes)}`
  return `${formatBytes(bytes)}, ${part} on the local network`
}

function Card({ title, facts }: { title: string; facts: Facts }) {
  return (
    <section className="card">
      <h2>{title}</h2>
      <dl className="facts">
        {facts.map(([label, value]) => (
          <div key={label} className="stats-fact">
            <dt>{label}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </section>
  )
}
