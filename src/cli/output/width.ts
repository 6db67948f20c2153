/**
 * Columns that text takes on a terminal, by what terminals agree on: East Asian wide and fullwidth characters and
 * emoji take two (Unicode TR 11), combining marks and joiners none.
 */
const WIDE =
  /^[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1b000}-\u{1b2ff}\u{1f200}-\u{1f2ff}\u{20000}-\u{3fffd}]/u
const EMOJI = /\p{Emoji_Presentation}|\p{Extended_Pictographic}\ufe0f/u
const NO_WIDTH = /^[\p{Mn}\p{Me}\p{Cf}\u1160-\u11ff]+$/u

let segmenter: Intl.Segmenter | undefined

/** The user-perceived characters of `text`. Made when it is needed: it takes 20 ms to load its rules. */
function graphemes(text: string): Intl.Segments {
  segmenter ??= new Intl.Segmenter(undefined, { granularity: 'grapheme' })
  return segmenter.segment(text)
}

/** Columns of one user-perceived character. */
function graphemeWidth(grapheme: string): number {
  if (NO_WIDTH.test(grapheme)) return 0
  return WIDE.test(grapheme) || EMOJI.test(grapheme) ? 2 : 1
}

/** Columns of `text`, which must be on one line and without escapes (see printable). */
export function displayWidth(text: string): number {
  // Most names are ASCII, and the segmenter is slow.
  if (/^[\x20-\x7e]*$/.test(text)) return text.length
  let width = 0
  for (const { segment } of graphemes(text)) width += graphemeWidth(segment)
  return width
}

/**
 * `text` in at most `columns` columns, its middle replaced by `…` when it is longer: the end of a file name tells
 * its kind.
 */
export function fit(text: string, columns: number): string {
  if (displayWidth(text) <= columns) return text
  if (columns < 1) return ''
  const parts = [...graphemes(text)].map(({ segment }) => segment)
  const room = columns - 1
  const tail = take(parts.toReversed(), Math.floor(room / 3))
  const head = take(parts, room - tail.width)
  return `${head.taken.join('')}…${tail.taken.reverse().join('')}`
}

/** As many of `parts` as fit, from the front. */
function take(parts: readonly string[], columns: number): { taken: string[]; width: number } {
  const taken: string[] = []
  let width = 0
  for (const part of parts) {
    const next = graphemeWidth(part)
    if (width + next > columns) break
    taken.push(part)
    width += next
  }
  return { taken, width }
}

/** `text` filled with spaces to `columns`. */
export function pad(text: string, columns: number, align: 'left' | 'right' = 'left'): string {
  const spaces = ' '.repeat(Math.max(0, columns - displayWidth(text)))
  return align === 'left' ? text + spaces : spaces + text
}
