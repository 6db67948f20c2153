import { ShoalError } from '../base/errors.ts'

/** Light modules around the code (ISO/IEC 18004 section 9.1). */
const QUIET = 4

/**
 * `text` as a QR code, black on white, without a style, so that it is shown under the strictest Content-Security-Policy.
 *
 * @throws ShoalError TOO_LARGE when no code holds it: 2953 bytes at most
 */
export async function qrSvg(text: string): Promise<string> {
  // Loaded when it is used: most nodes draw none.
  const { correction, generate } = await import('lean-qr')
  const draw = (minCorrectionLevel: typeof correction.L) =>
    generate(text.toWellFormed(), { minCorrectionLevel })
  const code = firstThat([() => draw(correction.M), () => draw(correction.L)])
  if (!code) throw new ShoalError('TOO_LARGE', 'text: no QR code holds that much.')
  const side = code.size + 2 * QUIET
  let path = ''
  for (let y = 0; y < code.size; y++) {
    for (let x = 0; x < code.size; x++) {
      const from = x
      while (x < code.size && code.get(x, y)) x++
      if (x > from) path += `M${from + QUIET} ${y + QUIET}h${x - from}v1h${from - x}z`
    }
  }
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${side} ${side}" shape-rendering="crispEdges">` +
    `<rect width="${side}" height="${side}" fill="#fff"/><path d="${path}" fill="#000"/></svg>`
  )
}

/** What the first of `attempts` gives that does not throw. */
function firstThat<T>(attempts: readonly (() => T)[]): T | undefined {
  for (const attempt of attempts) {
    try {
      return attempt()
    } catch {
      // It does not fit: the next one has more room.
    }
  }
  return undefined
}
