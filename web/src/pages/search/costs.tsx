import { printable } from '../../../../src/base/printable.ts'
import type { SearchDone } from '../../api/types.ts'
import { countOf, formatBytes, formatDuration } from '../../format.ts'
import { Badge } from '../../ui/notice.tsx'
import { stoppedText } from './hits.ts'

/** How each way of finding things did: what it found, and what that cost the network. */
export function Costs({ done }: { done: SearchDone }) {
  const rows = Object.entries(done.via)
  return (
    <details className="costs card">
      <summary>
        {countOf(done.hits, 'result')} in {formatDuration(done.ms)},{' '}
        {countOf(sum(rows, 'messages'), 'message')}, {formatBytes(sum(rows, 'bytes'))}
      </summary>
      <div className="scroll-x">
        <table>
          <thead>
            <tr>
              <th>Way</th>
              <th className="num">Results</th>
              <th className="num">Messages</th>
              <th className="num">Peers asked</th>
              <th className="num">Bytes</th>
              <th className="num">Hops to first</th>
              <th className="num">Time</th>
              <th>Ended</th>
            </tr>
          </thead>
          <tbody>
            {rows.map(
              ([name, { hits, messages, asked, bytes, firstHitHops, ms, stopped, error, problems = [] }]) => (
                <tr key={name}>
                  <td>
                    <Badge tone={name}>{name}</Badge>
                  </td>
                  <td className="num">{hits.toLocaleString()}</td>
                  <td className="num">{messages.toLocaleString()}</td>
                  <td className="num">{asked.toLocaleString()}</td>
                  <td className="num">{formatBytes(bytes)}</td>
                  <td className="num">{firstHitHops ?? '–'}</td>
                  <td className="num">{formatDuration(ms)}</td>
                  <td className="small">
                    {error ? (
                      <span className="bad">{printable(error.message)}</span>
                    ) : (
                      stoppedText(stopped) || 'complete'
                    )}
                    {problems.map((problem) => (
                      <div key={problem}>{printable(problem)}</div>
                    ))}
                  </td>
                </tr>
              ),
            )}
          </tbody>
        </table>
      </div>
    </details>
  )
}

const sum = (rows: [string, SearchDone['via'][string]][], key: 'messages' | 'bytes'): number =>
  rows.reduce((total, [, report]) => total + report[key], 0)
