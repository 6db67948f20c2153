/** Most cells of a block map, and how many there are when nobody says. */
export const BLOCK_CELLS = { most: 4096, usual: 512 } as const

/** What becomes of the blocks of a download, in cells of as equal a size as can be. A moment's truth. */
export interface BlockMapView {
  /** Blocks in all; files of a folder one after the other. 0 while not known. */
  readonly blocks: number
  /** Bytes of a block; the last one of a file has less. */
  readonly blockSizeBytes: number
  /** Number of cells: as many as were wanted, or as there are blocks. The lists have one item for each. */
  readonly cells: number
  /** Percent of the cell's blocks that are verified and written; 100 when all are, 0 when none is. */
  readonly have: readonly number[]
  /** Blocks of the cell that are asked for now. */
  readonly inFlight: readonly number[]
  /** Who gave most of the cell, as an index of `sources`; -1 when nobody did, or it is not known. */
  readonly from: readonly number[]
  /** Who is asked for most of the cell; -1 when nobody is. */
  readonly flying: readonly number[]
  readonly sources: readonly { readonly peerId: string; readonly name: string }[]
}
