/**
 * How names become words, everywhere the same: in the catalogue, at the index server, and wherever a word is hashed.
 *
 * Case and diacritics are folded (é = e, ß = ss), compatibility forms are one (ﬁ = fi). Scripts that are written
 * without spaces (Han, kana, Thai, Lao, Khmer, Myanmar) give one word a character, so that any part of a name finds it.
 */
const WORD = /[\p{L}\p{N}\p{M}]+/gu
const UNSPACED =
  /[\p{scx=Han}\p{scx=Hiragana}\p{scx=Katakana}\p{scx=Thai}\p{scx=Lao}\p{scx=Khmer}\p{scx=Myanmar}]/u
/** U+0300-U+036F: the diacritics of Latin, Greek and Cyrillic. Vowel signs of Indic scripts are letters in all but name and stay. */
const DIACRITICS = /[\u0300-\u036f]/g

/** Folds `text` for comparison; the result is NFC. Down, up and down again, so that ẞ, ß and SS are the same. */
export function fold(text: string): string {
  return text
    .normalize('NFKD')
    .toLowerCase()
    .toUpperCase()
    .toLowerCase()
    .normalize('NFKD')
    .replace(DIACRITICS, '')
    .replaceAll('ς', 'σ')
    .normalize('NFC')
}

/** A run of letters and digits: one word, or one word a character in scripts without spaces. */
export type WordRun = string[]

/** The runs of `text` in their order. Words inside a run of more than one stand next to each other. */
export function wordRuns(text: string): WordRun[] {
  const runs: WordRun[] = []
  for (const [match] of fold(text).matchAll(WORD)) {
    let plain = ''
    let unspaced: string[] = []
    const flushPlain = () => {
      if (plain) runs.push([plain])
      plain = ''
    }
    const flushUnspaced = () => {
      if (unspaced.length > 0) runs.push(unspaced)
      unspaced = []
    }
    for (const char of match) {
      if (UNSPACED.test(char)) {
        flushPlain()
        unspaced.push(char)
      } else if (unspaced.length > 0 && /\p{M}/u.test(char)) {
        unspaced[unspaced.length - 1] += char
      } else {
        flushUnspaced()
        plain += char
      }
    }
    flushPlain()
    flushUnspaced()
  }
  return runs
}

/** All words of `text` in their order, repeated ones too. */
export function wordsOf(text: string): string[] {
  return wordRuns(text).flat()
}
