import type { QueryRow } from '../../api/types.ts'
import { formatAgo } from '../../format.ts'
import { Badge } from '../../ui/notice.tsx'
import { Id, Name } from '../../ui/text.tsx'
import { LogCard } from './log-card.tsx'
import { askedText } from './log-rows.ts'
import { useLog } from './use-log.ts'

/** What others looked for at this node. */
export function QueryLog() {
  const log = useLog<QueryRow>('/api/v1/stats/queries', 'queries', [])
  return (
    <LogCard
      title="Queries of others"
      about="Those that this node answered or passed on, the newest first. Who sent one need not be who searches: neighbours pass them on."
      empty="None since the node started, or the setting logQueries is off."
      log={log}
    >
      <table className="stats-table">
        <thead>
          <tr>
            <th scope="col">Looked for</th>
            <th scope="col">When</th>
            <th scope="col">Way</th>
            <th scope="col">From</th>
            <th className="num">Hops made</th>
            <th className="num" title="Hops that it may make yet">
              Left
            </th>
            <th className="num">Found here</th>
            <th className="num">Passed on to</th>
            <th scope="col">UUID</th>
          </tr>
        </thead>
        <tbody>
          {log.rows.map(({ id, atMs, locator, query, from, fromName, hops, ttl, hits, passedOn }) => (
            <tr key={id}>
              <td>
                <Name text={askedText(query)} className="cut stats-words" />
              </td>
              <td className="nowrap" title={new Date(atMs).toLocaleString()}>
                {formatAgo(atMs)}
              </td>
              <td>
                <Badge tone={locator}>{locator}</Badge>
              </td>
              <td title={from}>
                {fromName ? <Name text={fromName} className="cut stats-cell" /> : <Id id={from} length={8} />}
              </td>
              <td className="num">{hops ?? '–'}</td>
              <td className="num">{ttl ?? '–'}</td>
              <td className="num">{hits.toLocaleString()}</td>
              <td className="num">{passedOn ?? '–'}</td>
              <td>
                <Id id={id} length={8} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </LogCard>
  )
}
