/** What is asked for by what was typed. */
export type Query =
  | { readonly kind: 'words'; readonly q: string }
  | { readonly kind: 'sha256'; readonly sha256: string }
  | { readonly kind: 'cid'; readonly cid: string }
  /** Something that names content and more: it is opened, not searched for. */
  | { readonly kind: 'link'; readonly link: string }

/** Letters of which one word has at least so many before it is searched for while it is typed: one letter would find everything. */
const MIN_LETTERS = 2

/** Scripts whose words are often one sign. */
const DENSE = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]/u

/**
 * @param typing the last word may not be whole yet: it counts as the beginning of one
 * @returns undefined when there is nothing to search for (yet)
 */
export function queryOf(text: string, { typing }: { typing: boolean }): Query | undefined {
  const trimmed = text.trim()
  if (trimmed === '') return undefined
  if (/^[0-9a-f]{64}$/i.test(trimmed)) return { kind: 'sha256', sha256: trimmed.toLowerCase() }
  if (/^(Qm[1-9A-HJ-NP-Za-km-z]{44}|b[a-z2-7]{55,})$/.test(trimmed)) return { kind: 'cid', cid: trimmed }
  if (
    /^(shoal|ipfs|magnet):/i.test(trimmed) ||
    /^(https?:\/\/\S*)?\/ipfs\/\S/i.test(trimmed) ||
    /^https?:\/\/[a-z0-9]+\.ipfs\./i.test(trimmed)
  )
    return { kind: 'link', link: trimmed }
  const letters = trimmed.match(/[\p{L}\p{N}]/gu) ?? []
  if (letters.length === 0) return undefined
  if (typing && letters.length < MIN_LETTERS && !DENSE.test(trimmed)) return undefined
  // A star only behind a letter or digit: `c++*` would look for a word that begins with nothing.
  const isOpen = typing && /[\p{L}\p{N}]$/u.test(text) && !DENSE.test(trimmed)
  return { kind: 'words', q: isOpen ? `${trimmed}*` : trimmed }
}
