import type { BlockMap } from '../../api/types.ts'
import { countOf } from '../../format.ts'

/** Sources with a colour of their own; the others share one. */
export const SOURCE_COLOURS = 8

/** The class of a source's colour; -1 = not known. */
export const colourOf = (place: number): string =>
  place < 0 ? 'from-unknown' : place < SOURCE_COLOURS ? `from-${place}` : 'from-others'

export interface CellView {
  readonly className: string
  readonly hint: string
}

/** Blocks before cell `index`: cells are as equal as can be. */
const startOf = (index: number, { blocks, cells }: Pick<BlockMap, 'blocks' | 'cells'>): number =>
  cells === 0 ? 0 : Math.floor((index * blocks) / cells)

/** How much of a cell is there, in five shades: all and nothing are told apart from nearly so. */
export function shadeOf(percent: number): number {
  if (percent <= 0) return 0
  return percent >= 100 ? 4 : 1 + Math.min(2, Math.floor(percent / 33.4))
}

/** The cells of a block map: by shade how much is there, by colour from whom, by a frame that some is on its way. */
export function cellViews(map: BlockMap, nameOf: (place: number) => string): CellView[] {
  return Array.from({ length: map.cells }, (_, index) => {
    const have = map.have[index] ?? 0
    const coming = map.inFlight[index] ?? 0
    const from = map.from[index] ?? -1
    const flying = map.flying[index] ?? -1
    const place = have > 0 ? from : flying
    const first = startOf(index, map) + 1
    const last = Math.max(first, startOf(index + 1, map))
    const span = first === last ? `Block ${first}` : `Blocks ${first} to ${last}`
    const here = have >= 100 ? 'here' : have > 0 ? `${have} % here` : coming > 0 ? '' : 'missing'
    const by = have > 0 && from >= 0 ? ` from ${nameOf(from)}` : ''
    const on = coming > 0 ? `${coming} on the way${flying >= 0 ? ` from ${nameOf(flying)}` : ''}` : ''
    const facts = [here && `${here}${by}`, on].filter(Boolean).join(', ')
    return {
      className: `cell shade-${shadeOf(have)} ${colourOf(place)}${coming > 0 ? ` coming come-${colourOf(flying)}` : ''}`,
      hint: `${span}: ${facts}`,
    }
  })
}

/** Blocks that are there; near, where a cell has more than 100. */
export function blocksHere(map: BlockMap): number {
  let here = 0
  for (let index = 0; index < map.cells; index++) {
    const size = startOf(index + 1, map) - startOf(index, map)
    here += Math.round(((map.have[index] ?? 0) * size) / 100)
  }
  return Math.min(here, map.blocks)
}

/** The map in words. */
export function mapText(map: BlockMap): string {
  if (map.blocks === 0) return 'It is not known yet which blocks it has.'
  const coming = map.inFlight.reduce((sum, count) => sum + count, 0)
  const here = `${blocksHere(map).toLocaleString()} of ${countOf(map.blocks, 'block')} are here`
  return coming > 0 ? `${here}, ${coming.toLocaleString()} on the way.` : `${here}.`
}
