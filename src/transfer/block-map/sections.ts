import { blocksOfSize } from '../../content/manifest.ts'
import type { DownloadRecord } from '../../storage/download-store.ts'
import { Bitmap } from '../bitmap.ts'
import { journalledBlocks } from '../download-record.ts'
import type { DownloadJournal } from '../ports.ts'
import { type BlockSection, NOBODY } from './cells.ts'
import type { Origins } from './origins.ts'

const NOTHING_ASKED: BlockSection['asked'] = new Map()

/** Blocks that are all there, or none of them. */
export function evenSection(
  blocks: number,
  isThere: boolean,
  from: BlockSection['from'] = () => NOBODY,
): BlockSection {
  return { blocks, has: () => isThere, from, asked: NOTHING_ASKED }
}

/** The same for good, without what it was read from: a bit and a byte a block. */
export function frozen(sections: readonly BlockSection[]): BlockSection {
  const blocks = sections.reduce((sum, section) => sum + section.blocks, 0)
  const had = new Bitmap(blocks)
  const places = new Uint8Array(blocks)
  let first = 0
  for (const section of sections) {
    for (let index = 0; index < section.blocks; index++) {
      if (section.has(index)) had.add(first + index)
      places[first + index] = section.from(index)
    }
    first += section.blocks
  }
  const has = (index: number) => had.has(index)
  return { blocks, has, from: (index) => places[index] ?? NOBODY, asked: NOTHING_ASKED }
}

/** Number of blocks of a download whose size is known, and 0 while it is not. */
export function plannedBlocks(sizeBytes: number): number {
  return sizeBytes > 0 ? blocksOfSize(sizeBytes) : 0
}

/** Of a file in a journal. */
function fileSection(record: DownloadRecord, from: BlockSection['from'] | undefined): BlockSection {
  const bitmap = journalledBlocks(record)
  if (!bitmap || record.state === 'done')
    return evenSection(plannedBlocks(record.sizeBytes), record.state === 'done', from)
  return {
    blocks: bitmap.length,
    has: (index) => bitmap.has(index),
    from: from ?? (() => NOBODY),
    asked: NOTHING_ASKED,
  }
}

/**
 * What the journal knows of the blocks of a download that nobody works on. Of a folder: its files that were begun, in their order; then what is left,
 * of which it is only known how much that is.
 */
export function journalSections(
  record: DownloadRecord,
  store: Pick<DownloadJournal, 'list'>,
  origins: Origins,
): BlockSection[] {
  if (record.kind === 'file') return [fileSection(record, origins.known(0))]
  const children = store.list({ parentId: record.id })
  const known = children
    .map((child) => ({ child, number: numberOf(child.id) }))
    .sort((a, b) => a.number - b.number)
  const sections = known.map(({ child, number }) => fileSection(child, origins.known(number)))
  const knownBytes = children.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
  return [...sections, evenSection(plannedBlocks(record.sizeBytes - knownBytes), false)]
}

/** Place of a file among those of its folder; the record that stands for all small files comes first. */
function numberOf(childId: string): number {
  const number = Number(childId.slice(childId.lastIndexOf('/') + 1))
  return Number.isInteger(number) ? number : -1
}
