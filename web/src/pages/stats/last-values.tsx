import type { Series } from '../../api/types.ts'
import { formatBytes } from '../../format.ts'
import { ScrollX } from '../../ui/scroll-x.tsx'
import { lastRows } from './plot-data.ts'

const ROWS = 15

/** What the plots show, in words and numbers: the last steps. */
export function LastValues({ series }: { series: Series }) {
  return (
    <details className="card">
      <summary>The last values as a table</summary>
      <ScrollX label="The last values">
        <table className="small stats-table">
          <thead>
            <tr>
              <th scope="col">Until</th>
              <th className="num">Down</th>
              <th className="num">Up</th>
              <th className="num">Searches here</th>
              <th className="num">Queries of others</th>
              <th className="num">Peers alive</th>
              <th className="num">Neighbours</th>
              <th className="num">Sources that failed</th>
            </tr>
          </thead>
          <tbody>
            {lastRows(series, ROWS).map(({ atMs, values }) => (
              <tr key={atMs}>
                <td>{new Date(atMs).toLocaleTimeString()}</td>
                <td className="num">{formatBytes(values.downloadedBytes)}</td>
                <td className="num">{formatBytes(values.uploadedBytes)}</td>
                <td className="num">{values.searches.toLocaleString()}</td>
                <td className="num">{values.queries.toLocaleString()}</td>
                <td className="num">{values.peersAlive.toLocaleString()}</td>
                <td className="num">{values.neighbours.toLocaleString()}</td>
                <td className="num">{values.blockFailures.toLocaleString()}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </ScrollX>
    </details>
  )
}
