import { printable } from '../../../../src/base/printable.ts'
import type { BlockMap as BlockMapAnswer } from '../../api/types.ts'
import { Name } from '../../ui/text.tsx'
import { cellViews, colourOf, mapText, SOURCE_COLOURS } from './blocks.ts'
import { mirrorOf } from './sources.ts'
import './blocks.css'

/** Which blocks are there, which come, and from whom: a picture, its legend, and the same in words. */
export function BlockMap({ map }: { map: BlockMapAnswer }) {
  const nameOf = (place: number): string => {
    const source = map.sources[place]
    if (!source) return 'somebody'
    return printable(source.name || mirrorOf(source.peerId) || `${source.peerId.slice(0, 12)}…`)
  }
  const text = mapText(map)
  return (
    <figure className="blocks">
      {map.cells > 0 && (
        <div className="cells" role="img" aria-label={text}>
          {cellViews(map, nameOf).map(({ className, hint }, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: a cell is its place
            <i key={index} className={className} title={hint} />
          ))}
        </div>
      )}
      <figcaption className="small">
        <p className="blocks-text">{text}</p>
        {map.cells > 0 && (
          <ul className="plain legend">
            {map.sources.slice(0, SOURCE_COLOURS).map(({ peerId }, place) => (
              <li key={peerId}>
                <i className={`cell shade-4 ${colourOf(place)}`} />{' '}
                <Name text={nameOf(place)} className="cut" />
              </li>
            ))}
            {map.sources.length > SOURCE_COLOURS && (
              <li>
                <i className="cell shade-4 from-others" /> others
              </li>
            )}
            {map.have.some((percent, index) => percent > 0 && map.from[index] === -1) && (
              <li>
                <i className="cell shade-4 from-unknown" /> from whom is not known
              </li>
            )}
            <li>
              <i className="cell shade-2 from-unknown" /> partly here
            </li>
            <li>
              <i className="cell shade-0 coming come-from-unknown" /> on the way
            </li>
            <li>
              <i className="cell shade-0" /> missing
            </li>
          </ul>
        )}
      </figcaption>
    </figure>
  )
}
