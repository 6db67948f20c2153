import type { AskedFor } from '../../api/views/stats-view.ts'

/** Characters kept of a text that others wrote. */
const MAX_TEXT = 300

/** The text, or its beginning. */
export const short = (text: string): string => (text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}…` : text)

/** What a query looks for, without what is not set. Words are at most 512 bytes long, as the contract has it. */
export function askedFor({ words, sha256, cid }: AskedFor): AskedFor {
  return { ...(words !== undefined && { words }), ...(sha256 && { sha256 }), ...(cid && { cid }) }
}
