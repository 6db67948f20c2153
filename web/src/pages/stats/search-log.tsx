import { Fragment, useState } from 'react'
import { printable } from '../../../../src/base/printable.ts'
import type { SearchRow } from '../../api/types.ts'
import { countOf, formatAgo, formatDuration } from '../../format.ts'
import { Badge } from '../../ui/notice.tsx'
import { Id, Name } from '../../ui/text.tsx'
import { LogCard } from './log-card.tsx'
import { askedText, figuresOf } from './log-rows.ts'
import { Responders } from './responders.tsx'
import { useLog } from './use-log.ts'

const COLUMNS = 8

/** The searches made at this node: what each found, cost, and who answered. */
export function SearchLog() {
  const log = useLog<SearchRow>('/api/v1/stats/searches', 'searches', ['search'])
  const [open, setOpen] = useState<string>()
  return (
    <LogCard
      title="Searches made here"
      about="The newest first. Open one to see who answered."
      empty="None since the node started."
      log={log}
    >
      <table className="stats-table">
        <thead>
          <tr>
            <th scope="col">Looked for</th>
            <th scope="col">When</th>
            <th className="num">Results</th>
            <th className="num">Took</th>
            <th className="num">Messages</th>
            <th className="num">Hops</th>
            <th scope="col">Ways</th>
            <th scope="col">UUID</th>
          </tr>
        </thead>
        <tbody>
          {log.rows.map((row) => (
            <Fragment key={row.id}>
              <Row
                row={row}
                open={row.id === open}
                onOpen={() => setOpen(row.id === open ? undefined : row.id)}
              />
              {row.id === open && (
                <tr>
                  <td colSpan={COLUMNS} className="log-more">
                    <Responders row={row} />
                  </td>
                </tr>
              )}
            </Fragment>
          ))}
        </tbody>
      </table>
    </LogCard>
  )
}

function Row({ row, open, onOpen }: { row: SearchRow; open: boolean; onOpen: () => void }) {
  const { messages, hops } = figuresOf(row)
  return (
    <tr>
      <td>
        <button
          type="button"
          className="log-words"
          aria-expanded={open}
          title={`${countOf(row.responders.length, 'peer has', 'peers have')} some of it`}
          onClick={onOpen}
        >
          <Name text={askedText(row.query)} className="cut" />
        </button>
      </td>
      <td className="nowrap" title={new Date(row.startedMs).toLocaleString()}>
        {formatAgo(row.startedMs)}
      </td>
      <td className="num">{row.hits.toLocaleString()}</td>
      <td className="num">{formatDuration(row.ms)}</td>
      <td className="num">{messages.toLocaleString()}</td>
      <td className="num">{hops ?? '–'}</td>
      <td>
        <span className="log-ways">
          {Object.entries(row.via)
            .filter(([, { hits }]) => hits > 0)
            .map(([via, { hits }]) => (
              <Badge key={via} tone={via}>
                {via === 'library' ? 'here' : printable(via)} {hits}
              </Badge>
            ))}
        </span>
      </td>
      <td>
        <Id id={row.id} length={8} />
      </td>
    </tr>
  )
}
