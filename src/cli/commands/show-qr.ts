import { QR_STYLE, qrLines } from '../output/qr.ts'
import type { Session } from '../session.ts'

/**
 * Prints a QR code for people, or says why not.
 *
 * @param wanted undefined = where stdout is a terminal
 */
export async function showQr(
  { io, print }: Session,
  text: string,
  wanted: boolean | undefined,
): Promise<void> {
  if (print.json || !(wanted ?? io.stdout.terminal)) return
  const lines = await qrLines(text, { hasColors: io.stdout.colors })
  if (lines[0]!.length <= (io.stdout.columns ?? Number.POSITIVE_INFINITY))
    for (const line of lines) print.line(line, QR_STYLE)
  else print.note('The terminal is too narrow for the QR code.', 'dim')
}
