import type { Style } from './printer.ts'

/** What half of a line is dark. */
const DARK = { none: ' ', upper: '▀', lower: '▄', both: '█' } as const
/** The same where the terminal's own colours have to do: drawn is what is light, as terminals are dark more often than not. */
const LIGHT = { none: '█', upper: '▄', lower: '▀', both: ' ' } as const

/** Light modules around the code (ISO/IEC 18004 section 9.1). */
const QUIET = 4

/** Black on white whatever the terminal's colours are. */
export const QR_STYLE: Style = ['black', 'bgWhiteBright']

export interface QrOptions {
  /** The lines will be printed in {@link QR_STYLE}. */
  hasColors: boolean
}

/** `text` as a QR code, two modules a character, with its quiet zone. Each line has the same width. */
export async function qrLines(text: string, { hasColors }: QrOptions): Promise<string[]> {
  // Loaded when it is used: most commands draw none.
  const { correction, generate } = await import('lean-qr')
  const code = generate(text, { minCorrectionLevel: correction.M })
  const glyphs = hasColors ? DARK : LIGHT
  const lines: string[] = []
  for (let y = -QUIET; y < code.size + QUIET; y += 2) {
    let line = ''
    for (let x = -QUIET; x < code.size + QUIET; x++) {
      const [upper, lower] = [code.get(x, y), code.get(x, y + 1)]
      line += glyphs[upper ? (lower ? 'both' : 'upper') : lower ? 'lower' : 'none']
    }
    lines.push(line)
  }
  return lines
}
