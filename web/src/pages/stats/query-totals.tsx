import { printable } from '../../../../src/base/printable.ts'
import type { Stats } from '../../api/types.ts'
import { countOf } from '../../format.ts'
import { ScrollX } from '../../ui/scroll-x.tsx'

/** Searches made here, and what others asked this node, by locator. */
export function QueryTotals({ totals }: { totals: Stats['totals'] }) {
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
