import type { ReactNode } from 'react'
import { printable } from '../../../../src/base/printable.ts'
import type { Stats } from '../../api/types.ts'
import { countOf, formatBytes, formatDuration } from '../../format.ts'
import { ScrollX } from '../../ui/scroll-x.tsx'

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
        <Queries totals={totals} />
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

/** Searches made here, and what others asked this node, by locator. */
function Queries({ totals }: { totals: Stats['totals'] }) {
  const vias = [...new Set([...Object.keys(totals.messages), ...Object.keys(totals.queries)])]
  return (
    <section className="card stats-wide">
      <h2>Searches</h2>
      <p>
        {countOf(totals.searches, 'search', 'searches')} made here found {countOf(totals.hits, 'result')}.
      </p>
      <ScrollX label="Searches by way">
        <table className="small stats-table">
          <thead>
            <tr>
              <th scope="col">Way</th>
              <th className="num" title="That went for searches made here">
                Messages
              </th>
              <th className="num" title="Queries of others that came">
                Asked
              </th>
              <th className="num" title="Of them, those that found something here">
                Found
              </th>
              <th className="num" title="Not worked for: too many, or without sense">
                Dropped
              </th>
            </tr>
          </thead>
          <tbody>
            {vias.map((via) => {
              const queries = totals.queries[via]
              return (
                <tr key={via}>
                  <td>{printable(via)}</td>
                  <td className="num">{(totals.messages[via] ?? 0).toLocaleString()}</td>
                  <td className="num">{queries?.received.toLocaleString() ?? '–'}</td>
                  <td className="num">{queries?.answered.toLocaleString() ?? '–'}</td>
                  <td className="num">{queries?.dropped.toLocaleString() ?? '–'}</td>
                </tr>
              )
            })}
          </tbody>
        </table>
      </ScrollX>
    </section>
  )
}
