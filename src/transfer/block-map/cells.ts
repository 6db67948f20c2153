/** Blocks one after the other: those of a file, or files of one block each. */
export interface BlockSection {
  readonly blocks: number
  /** Verified and written. */
  has(index: number): boolean
  /** Who gave it, as a place among the sources; {@link NOBODY} when that is not known. */
  from(index: number): number
  /** PeerIds of those who are asked for it now, by block. */
  readonly asked: ReadonlyMap<number, Iterable<string>>
}

/** The place of a source that is not known. */
export const NOBODY = 255

/** The blocks of a download, summed up in cells of as equal a size as can be. */
export interface BlockCells {
  readonly blocks: number
  /** Number of cells: as many as were wanted, or as there are blocks. */
  readonly cells: number
  /** Percent of each cell's blocks that are verified and written; 100 when all are, 0 when none is. */
  readonly have: readonly number[]
  /** Blocks of each cell that are asked for now. */
  readonly inFlight: readonly number[]
  /** Who gave most of each cell's blocks, as a place among the sources; -1 when nobody did or it is not known. */
  readonly from: readonly number[]
  /** Who is asked for most of each cell's blocks; -1 when nobody is. */
  readonly flying: readonly number[]
}

export interface CellOptions {
  /** Most cells wanted; at least 1. */
  readonly cells: number
  /** Place of a peer among the sources. */
  readonly placeOf: (peerId: string) => number
}

/** Sums up sections, in their order. One pass over the blocks. */
export function cellsOf(
  sections: readonly BlockSection[],
  { cells: wanted, placeOf }: CellOptions,
): BlockCells {
  const blocks = sections.reduce((sum, section) => sum + section.blocks, 0)
  const cells = Math.min(wanted, blocks)
  const numbers = () => new Array<number>(cells).fill(0)
  const [sizes, had, inFlight] = [numbers(), numbers(), numbers()]
  const given = new Givers(cells)
  const flying = new Map<number, Map<number, number>>()
  let first = 0
  for (const section of sections) {
    const cellOf = (index: number) => Math.floor(((first + index) * cells) / blocks)
    for (let index = 0; index < section.blocks; ) {
      const cell = cellOf(index)
      const end = Math.min(section.blocks, Math.ceil(((cell + 1) * blocks) / cells) - first)
      let count = 0
      sizes[cell]! += end - index
      for (; index < end; index++) {
        if (!section.has(index)) continue
        count++
        given.add(cell, section.from(index))
      }
      had[cell]! += count
    }
    for (const [index, peers] of section.asked) {
      // What is asked for of a file that turns out shorter is nowhere.
      if (index >= section.blocks || section.has(index)) continue
      const cell = cellOf(index)
      inFlight[cell]!++
      const counts = flying.get(cell) ?? new Map<number, number>()
      flying.set(cell, counts)
      for (const peerId of peers) counts.set(placeOf(peerId), (counts.get(placeOf(peerId)) ?? 0) + 1)
    }
    first += section.blocks
  }
  return {
    blocks,
    cells,
    have: had.map((count, cell) => percent(count, sizes[cell]!)),
    inFlight,
    from: given.most(),
    flying: inFlight.map((_, cell) => mostOf(flying.get(cell) ?? [])),
  }
}

/** Between the ends rounding must not say all or nothing. */
function percent(count: number, of: number): number {
  if (count === 0 || count === of) return count === 0 ? 0 : 100
  return Math.min(99, Math.max(1, Math.round((count * 100) / of)))
}

/** Who gave most of each cell, told of its blocks in their order. */
class Givers {
  readonly #most: number[]
  readonly #counts = new Uint32Array(NOBODY)
  readonly #places = new Set<number>()
  #cell = 0

  constructor(cells: number) {
    this.#most = new Array<number>(cells).fill(-1)
  }

  add(cell: number, place: number): void {
    if (place >= NOBODY) return
    if (cell !== this.#cell) this.#sumUp()
    this.#cell = cell
    if (this.#counts[place]!++ === 0) this.#places.add(place)
  }

  most(): number[] {
    this.#sumUp()
    return this.#most
  }

  #sumUp(): void {
    if (this.#places.size === 0) return
    this.#most[this.#cell] = mostOf([...this.#places].map((place) => [place, this.#counts[place]!]))
    for (const place of this.#places) this.#counts[place] = 0
    this.#places.clear()
  }
}

/** The place with the greatest count, the lower one of two; -1 for none. */
function mostOf(counts: Iterable<readonly [place: number, count: number]>): number {
  let [best, most] = [-1, 0]
  for (const [place, count] of counts)
    if (count > most || (count === most && place < best)) [best, most] = [place, count]
  return best
}
