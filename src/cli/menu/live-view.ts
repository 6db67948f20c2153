import { sleep, systemClock } from '../../base/clock.ts'
import { printable } from '../../base/printable.ts'
import type { Tty } from '../io.ts'
import { fit } from '../output/width.ts'
import type { MenuContext } from './context.ts'

/** Between two looks, ms. */
const INTERVAL_MS = 500

const HIDE_CURSOR = '\u001b[?25l'
const SHOW_CURSOR = '\u001b[?25h'
const CLEAR_BELOW = '\u001b[J'

/** Why a live view ended: Enter, Esc or the like, or there is nothing more to see. */
export type LiveEnd = 'choose' | 'back' | 'over'

/**
 * Lines that change in place, until a key is pressed or there are none any more.
 *
 * @param look called twice a second with the columns of a line; undefined when it is over
 */
export async function watchLive(
  { tty, signal }: Pick<MenuContext, 'tty' | 'signal'>,
  look: (columns: number) => Promise<readonly string[] | undefined>,
): Promise<LiveEnd> {
  const keys = new AbortController()
  let end: LiveEnd = 'over'
  const stop = (why: LiveEnd) => {
    end = why
    keys.abort()
  }
  const off = onKey(tty, stop)
  const onAbort = () => stop('back')
  signal.addEventListener('abort', onAbort)
  let drawn = 0
  const draw = (lines: readonly string[]) => {
    tty.output.write(`${up(drawn)}${lines.map((line) => `${line}\n`).join('')}`)
    drawn = lines.length
  }
  tty.output.write(HIDE_CURSOR)
  try {
    while (!keys.signal.aborted && !signal.aborted) {
      const columns = Math.max(1, (tty.output.columns || 80) - 1)
      const lines = await look(columns)
      if (!lines) break
      if (keys.signal.aborted) break
      draw(screenful(lines, { columns, rows: tty.output.rows || 24 }))
      await sleep(systemClock, INTERVAL_MS, keys.signal).catch(() => {})
    }
  } finally {
    tty.output.write(`${up(drawn)}${SHOW_CURSOR}`)
    signal.removeEventListener('abort', onAbort)
    off()
  }
  return end
}

const up = (lines: number) => `${lines > 0 ? `\u001b[${lines}A` : ''}\r${CLEAR_BELOW}`

const KEYS = 'Enter: choose one   Esc: back'

/** As many of the lines as the terminal has room for, how many more there are, and the keys. */
export function screenful(
  lines: readonly string[],
  { columns, rows }: { columns: number; rows: number },
): string[] {
  const room = Math.max(1, rows - 4)
  const shown = lines.length > room ? lines.slice(0, room - 1) : lines
  const more = lines.length - shown.length
  return [...shown, ...(more > 0 ? [`… ${more} more`] : []), KEYS].map((line) =>
    fit(printable(line), columns),
  )
}

/** Calls back for a key, which is then not shown, until the returned function is called. */
function onKey({ input }: Tty, stop: (why: LiveEnd) => void): () => void {
  const listener = (bytes: Buffer | string) => {
    const key = bytes.toString()
    // Ctrl-C, Ctrl-D, q, and Esc alone: what else begins with Esc are keys such as the arrows.
    if (/^[\u0003\u0004qQ]/.test(key) || key === '\u001b') stop('back')
    else if (/^[\r\n ]/.test(key)) stop('choose')
  }
  input.setRawMode?.(true)
  input.on('data', listener)
  input.resume()
  return () => {
    input.off('data', listener)
    input.pause()
    input.setRawMode?.(false)
  }
}
