import { isAbsolute } from 'node:path'
import { parseCid } from '../../content/cid.ts'
import { absolutePath } from './absolute-path.ts'

/**
 * What names something in the library: an absolute path, or a CID in any form.
 *
 * @throws ShoalError INVALID_CID, INVALID_ARGUMENT
 */
export function libraryTarget(target: string): string {
  return isAbsolute(target) ? absolutePath('target', target) : parseCid(target)
}
