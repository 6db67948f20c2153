import { ShoalError } from '../../base/errors.ts'
import { looksLikeCid } from './rm.ts'

/** Something that is kept, here or by others. */
export interface KeptContent {
  readonly cid: string
  /** For people; not unique. */
  readonly name: string
}

/**
 * The CID that `text` names among these: it, its beginning, or the name. What looks like a whole CID is taken as it is: it may be in another form.
 *
 * @param none what to say when it is none of them
 * @throws ShoalError NOT_FOUND, AMBIGUOUS
 */
export async function pickCid(
  read: () => Promise<readonly KeptContent[]>,
  text: string,
  none: string,
): Promise<string> {
  if (looksLikeCid(text)) return text
  const all = text === '' ? [] : await read()
  const named = all.filter(({ name }) => name === text)
  const found = new Set(
    (named.length > 0 ? named : all.filter(({ cid }) => cid.startsWith(text))).map(({ cid }) => cid),
  )
  const [first] = found
  if (first === undefined) throw new ShoalError('NOT_FOUND', none)
  if (found.size === 1) return first
  throw new ShoalError('AMBIGUOUS', `${found.size} contents are called ${text}. Give the CID of one.`)
}
