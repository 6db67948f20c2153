/**
 * Words that nearly every node has: as keys they would be told by everybody, kept by ten, and be of no use to a search. The list is
 * short on purpose; what it misses only costs some records.
 */

/** Extensions of the files that people share most. Whoever wants all MP3s of the world gets them nowhere. */
const EXTENSIONS = [
  ...['mp3', 'flac', 'ogg', 'opus', 'wav', 'm4a', 'mp4', 'mkv', 'avi', 'mov', 'webm', 'srt'],
  ...['jpg', 'jpeg', 'png', 'gif', 'webp', 'svg', 'heic'],
  ...['pdf', 'txt', 'md', 'doc', 'docx', 'xls', 'xlsx', 'ppt', 'pptx', 'odt', 'epub', 'csv', 'json', 'xml'],
  ...['html', 'htm', 'css', 'js', 'zip', 'rar', '7z'],
]

/** The commonest words of the commonest languages of file names, folded. */
const STOP_WORDS = [
  ...['the', 'of', 'and', 'in', 'to', 'for', 'on', 'at', 'by', 'is', 'an', 'or', 'it', 'my', 'with', 'from'],
  ...['der', 'die', 'das', 'und', 'im', 'am', 'zu', 'von', 'mit', 'fur', 'den', 'dem', 'ein', 'eine'],
  ...['le', 'la', 'les', 'de', 'du', 'des', 'et', 'en', 'un', 'une', 'au', 'aux'],
  ...['el', 'los', 'las', 'y', 'del', 'con', 'por', 'il', 'lo', 'di', 'che', 'da', 'do', 'os', 'as', 'com'],
  ...['и', 'в', 'на', 'с', 'не', 'по'],
]

const EXTENSION = new Set(EXTENSIONS)
const COMMON = new Set([...EXTENSIONS, ...STOP_WORDS])
/** One letter or digit of a script whose words have several. */
const SINGLE = /^[\p{N}\p{sc=Latin}\p{sc=Greek}\p{sc=Cyrillic}\p{sc=Hebrew}\p{sc=Arabic}]\p{M}*$/u
/** One character: a whole word in scripts without spaces. */
const CHARACTER = /^\P{M}\p{M}*$/u

/** Whether a folded word is too common to be a key. */
export function isCommonWord(word: string): boolean {
  return COMMON.has(word) || SINGLE.test(word)
}

/** The words of a name by which it is found; when all are common, all but the extension, unless that is all. */
export function tellingWords(words: readonly string[]): readonly string[] {
  const uncommon = words.filter((word) => !isCommonWord(word))
  if (uncommon.length > 0) return uncommon
  const others = words.filter((word) => !EXTENSION.has(word))
  return others.length > 0 ? others : words
}

/** Whether a folded word is one character of a script without spaces. There are some thousands of them and no more. */
export function isCharacter(word: string): boolean {
  return CHARACTER.test(word) && !SINGLE.test(word)
}
