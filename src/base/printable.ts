/**
 * Text from the network made safe for a terminal. File names and peer names are chosen by strangers: a control
 * character could move the cursor, clear the screen or set the clipboard (ANSI escapes), a bidi control could show
 * `exe.txt` for `txt.exe` (CVE-2021-42574, Unicode TR 36), an invisible one could make two names look the same.
 */

/** Controls, line ends, lone surrogates, and format characters: bidi controls, zero-width ones, tags. */
const UNSAFE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu

/**
 * Format characters that are part of ordinary writing: ZWNJ and ZWJ (Persian, Indic scripts, emoji) and the visible
 * number and verse signs of Arabic, Syriac and Kaithi.
 */
const ORDINARY = /^(\u200c|\u200d|[\u0600-\u0605\u06dd\u070f\u0890\u0891\u08e2\u{110bd}\u{110cd}])$/u

/**
 * `text` on one line with everything that a terminal could act upon made visible: `\n` -> `␊`, ESC -> `␛`, a
 * right-to-left override -> `\u{202e}`. Printable text stays as it is; a second call changes nothing.
 */
export function printable(text: string): string {
  return text.replace(UNSAFE, visible)
}

function visible(char: string): string {
  if (ORDINARY.test(char)) return char
  const code = char.codePointAt(0)!
  if (code < 0x20) return String.fromCodePoint(0x2400 + code)
  if (code === 0x7f) return '␡'
  return `\\u{${code.toString(16)}}`
}

/** JSON with the same meaning and nothing in it that a terminal could act upon: `JSON.stringify` lets C1 controls and bidi controls stand. */
export function printableJson(json: string): string {
  return json.replace(UNSAFE_IN_JSON, (char) =>
    ORDINARY.test(char)
      ? char
      : Array.from({ length: char.length }, (_, i) => escaped(char.charCodeAt(i))).join(''),
  )
}

/** As {@link UNSAFE}, but for what JSON has escaped already, and the line end behind each value. */
const UNSAFE_IN_JSON = /[\u007f-\u009f\p{Cf}\p{Zl}\p{Zp}]/gu

const escaped = (unit: number): string => `\\u${unit.toString(16).padStart(4, '0')}`
