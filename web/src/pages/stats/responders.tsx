import type { SearchRow } from '../../api/types.ts'
import { countOf } from '../../format.ts'
import { Badge } from '../../ui/notice.tsx'
import { Id, Name } from '../../ui/text.tsx'
import { stoppedText } from '../search/hits.ts'

/** Who has some of what a search looked for, and who told of it. */
export function Responders({ row: { responders, id, queryIds, reason } }: { row: SearchRow }) {
  const names = new Map(responders.map(({ peerId, name }) => [peerId, name]))
  const stop = stoppedText(reason)
  return (
    <>
      <p className="small soft">
        {countOf(responders.length, 'peer has', 'peers have')} some of it
        {stop && `; it ended because: ${stop}`}. UUID <code>{id}</code>
        {queryIds.length > 1 &&
          `, and ${countOf(queryIds.length - 1, 'further flooded query', 'further flooded queries')}`}
      </p>
      {responders.length > 0 && (
        <table className="small stats-table">
          <thead>
            <tr>
              <th scope="col">Name</th>
              <th scope="col">PeerId</th>
              <th className="num">Results</th>
              <th scope="col">Found by</th>
              <th className="num">Hops</th>
              <th scope="col">Told by</th>
            </tr>
          </thead>
          <tbody>
            {responders.map(({ peerId, name, hits, via, hops, through }) => (
              <tr key={peerId}>
                <td>
                  <Name text={name} className="cut stats-cell" />
                </td>
                <td>
                  <Id id={peerId} />
                </td>
                <td className="num">{hits.toLocaleString()}</td>
                <td>
                  <span className="log-ways">
                    {via.map((each) => (
                      <Badge key={each} tone={each}>
                        {each}
                      </Badge>
                    ))}
                  </span>
                </td>
                <td className="num">{hops ?? '–'}</td>
                <td>
                  {through === undefined ? (
                    '–'
                  ) : through === peerId ? (
                    'itself'
                  ) : (
                    <Told by={through} names={names} />
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </>
  )
}

/** A peer by its name when it has answered itself; else its PeerId, or the address of an index server. */
function Told({ by, names }: { by: string; names: ReadonlyMap<string, string> }) {
  const name = names.get(by)
  return name ? <Name text={name} className="cut stats-cell" /> : <Id id={by} length={22} />
}
