import { printable } from '../../../../src/base/printable.ts'
import type { BlockMap, Download } from '../../api/types.ts'
import { countOf, formatBytes, formatRate } from '../../format.ts'
import { ScrollX } from '../../ui/scroll-x.tsx'
import { Id, Name } from '../../ui/text.tsx'
import { colourOf } from './blocks.ts'
import { mirrorOf, type SourceRow, sourceRows } from './sources.ts'
import { ROADS, sourceStateText } from './words.ts'

/** Most rows: a folder may have come from very many. */
const MAX_ROWS = 100

/** Who gives a download, who gave before, and who is not asked any more. */
export function Sources({ view, map }: { view: Download; map: BlockMap | undefined }) {
  const rows = sourceRows(view, map)
  return (
    <>
      {rows.length > 0 && (
        <ScrollX label="Sources">
          <table className="small">
            <caption className="unseen">Sources</caption>
            <thead>
              <tr>
                <th>Source</th>
                <th>PeerId</th>
                <th>Road</th>
                <th>State</th>
                <th className="num">Rate</th>
                <th className="num">Given</th>
              </tr>
            </thead>
            <tbody>
              {rows.slice(0, MAX_ROWS).map((row) => (
                <Row key={row.peerId} row={row} />
              ))}
            </tbody>
          </table>
        </ScrollX>
      )}
      {rows.length > MAX_ROWS && <p className="small soft">and {countOf(rows.length - MAX_ROWS, 'other')}</p>}
      {view.dropped.length > 0 && <Dropped dropped={view.dropped} />}
    </>
  )
}

function Row({ row: { peerId, name, addr, live, bytes, place } }: { row: SourceRow }) {
  const mirror = mirrorOf(peerId)
  const road = live?.road ?? (mirror === undefined ? undefined : 'mirror')
  const told = road && ROADS[road]
  return (
    <tr>
      <td className="breaks">
        {place >= 0 && <i className={`cell shade-4 ${colourOf(place)}`} />}{' '}
        <Name text={mirror ?? (name || 'no name')} className={name || mirror ? '' : 'soft'} />
      </td>
      <td>{mirror === undefined && <Id id={peerId} />}</td>
      <td title={[told?.hint, addr].filter(Boolean).join('; ')}>{told?.label ?? '–'}</td>
      <td>
        {live ? sourceStateText(live.state) : 'gave before'}
        {live?.position !== undefined && `, number ${live.position}`}
      </td>
      <td className="num">{live?.state === 'active' ? formatRate(live.rateBytesPerSecond) : '–'}</td>
      <td className="num">{formatBytes(bytes)}</td>
    </tr>
  )
}

function Dropped({ dropped }: { dropped: Download['dropped'] }) {
  return (
    <details className="dropped small">
      <summary>{countOf(dropped.length, 'source is', 'sources are')} not asked now</summary>
      <ul>
        {dropped.slice(0, MAX_ROWS).map(({ peerId, reason }) => (
          <li key={peerId}>
            {mirrorOf(peerId) === undefined ? <Id id={peerId} /> : <Name text={mirrorOf(peerId) ?? ''} />}:{' '}
            {printable(reason)}
          </li>
        ))}
      </ul>
    </details>
  )
}
