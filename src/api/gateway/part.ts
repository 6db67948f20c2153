import { BLOCK_SIZE } from '../../content/cid.ts'
import { partOfFile } from '../../content/file-dag.ts'
import type { BlockSpan } from '../../content/layout.ts'
import type { OpenFile } from '../content-port.ts'

/** A block of a file, or all blocks below an inner node of it, as a file of its own. Closing it does not close the file. */
export function partAsFile(cid: string, file: OpenFile, span: BlockSpan): OpenFile {
  return {
    kind: 'file',
    layout: partOfFile(cid, file.layout, span),
    readBlock: (index, signal) => file.readBlock(span.first + index, signal),
    hint: ({ offset, length }, signal) =>
      file.hint({ offset: span.first * BLOCK_SIZE + offset, length }, signal),
    isRemote: file.isRemote === true,
    isCurrent: () => file.isCurrent(),
    close() {},
  }
}
