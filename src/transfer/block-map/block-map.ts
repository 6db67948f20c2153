import { BLOCK_SIZE } from '../../content/cid.ts'
import { type BlockCells, type BlockSection, cellsOf } from './cells.ts'
import type { Origin } from './origins.ts'

/** The blocks of a download in cells, with the names of who gives them: plain data, a moment's truth. */
export interface BlockMap extends BlockCells {
  /** Bytes of a block; the last one of a file has less. */
  readonly blockSizeBytes: number
  /** What `from` and `flying` are places of. */
  readonly sources: readonly Origin[]
}

/**
 * @param cells most cells wanted
 * @param given those who gave something, as the sections count them
 * @param active those who are asked now
 */
export function blockMap(
  sections: readonly BlockSection[],
  {
    cells,
    given,
    active,
  }: { cells: number; given: readonly Origin[]; active: Iterable<{ readonly provider: Origin }> },
): BlockMap {
  const sources = given.map(({ peerId, name }) => ({ peerId, name }))
  const places = new Map(sources.map(({ peerId }, place) => [peerId, place]))
  for (const { provider } of active) add(provider.peerId, provider.name)
  function add(peerId: string, name = ''): number {
    const known = places.get(peerId)
    if (known !== undefined) return known
    places.set(peerId, sources.length)
    return sources.push({ peerId, name }) - 1
  }
  const summed = cellsOf(sections, { cells, placeOf: (peerId) => add(peerId) })
  return { ...summed, blockSizeBytes: BLOCK_SIZE, sources }
}
