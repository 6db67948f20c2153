import type { FolderEntry } from '../../content/manifest.ts'
import { type BlockSection, NOBODY } from './cells.ts'
import type { FileOrigins } from './origins.ts'
import { evenSection, plannedBlocks } from './sections.ts'

export interface FolderFacts {
  /** In their order; those with a digest are one block. */
  readonly files: readonly {
    readonly number: number
    readonly entry: Pick<FolderEntry, 'totalBytes'>
    readonly digest: Uint8Array | undefined
  }[]
  /** Of a file that is complete; undefined of all others. */
  readonly sizeOf: (number: number) => number | undefined
  /** Of a file that is being fetched by its blocks. */
  readonly sectionOf: (number: number) => BlockSection | undefined
  /** Who gave the blocks of a file, where that is known. */
  readonly originsOf: (number: number) => ((index: number) => number) | undefined
  /** Who gave the files of one block, by number. */
  readonly smallOrigins: Pick<FileOrigins, 'of'>
  /** Who is asked for a file of one block, by number. */
  readonly asked: ReadonlyMap<number, readonly string[]>
}

/** The blocks of a folder that is being fetched, file by file. Files of one block that stand together are one section. */
export function folderSections(facts: FolderFacts): BlockSection[] {
  const sections: BlockSection[] = []
  let small: number[] = []
  const closeSmall = () => {
    if (small.length > 0) sections.push(smallSection(small, facts))
    small = []
  }
  for (const { number, entry, digest } of facts.files) {
    if (digest) small.push(number)
    else {
      closeSmall()
      sections.push(facts.sectionOf(number) ?? settledSection(number, entry.totalBytes, facts))
    }
  }
  closeSmall()
  return sections
}

/** Of a file that is complete, or that was not begun: the folder says about how many bytes that one has. */
function settledSection(number: number, totalBytes: number, facts: FolderFacts): BlockSection {
  const sizeBytes = facts.sizeOf(number)
  const from = facts.originsOf(number) ?? (() => NOBODY)
  return evenSection(plannedBlocks(sizeBytes ?? totalBytes), sizeBytes !== undefined, from)
}

function smallSection(
  numbers: readonly number[],
  { sizeOf, sectionOf, smallOrigins, asked }: FolderFacts,
): BlockSection {
  const flying = new Map<number, Iterable<string>>()
  for (const [index, number] of numbers.entries()) {
    const peers = asked.get(number) ?? sectionOf(number)?.asked.get(0)
    if (peers) flying.set(index, peers)
  }
  return {
    blocks: numbers.length,
    has: (index) => sizeOf(numbers[index]!) !== undefined,
    from: (index) => smallOrigins.of(numbers[index]!),
    asked: flying,
  }
}
