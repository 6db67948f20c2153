import { ShoalError } from '../../base/errors.ts'
import type { DialectFile, DialectPort } from '../dialect.ts'

/** All bytes of a small file. Its size was told by others: what is read of more than that is not kept. @throws ShoalError as of `read`; FILE_CHANGED when it has another size */
export async function readWhole(node: Pick<DialectPort, 'read'>, file: DialectFile, signal: AbortSignal) {
  signal.throwIfAborted()
  const parts: Uint8Array[] = []
  let sizeBytes = 0
  for await (const part of node.read(file, signal)) {
    sizeBytes += part.length
    if (sizeBytes > file.sizeBytes) break
    parts.push(part)
  }
  if (sizeBytes !== file.sizeBytes) throw new ShoalError('FILE_CHANGED')
  return Buffer.concat(parts)
}
