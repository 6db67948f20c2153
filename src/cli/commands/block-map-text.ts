import type { BlockMapJson } from '../client/rest.ts'

/** How full a cell is. */
const SHADES = ['░', '▒', '▓'] as const
const FULL = '█'
const EMPTY = '·'
const COMING = '▪'

/** Most lines of a map: a small one is seen at a glance. */
export const MAP_LINES = 12

/** The map as lines of so many characters, one a cell. */
export function mapLines({ have, inFlight }: BlockMapJson, columns: number): string[] {
  const text = have.map((percent, cell) => shade(percent, inFlight[cell] ?? 0))
  const lines: string[] = []
  for (let at = 0; at < text.length; at += columns) lines.push(text.slice(at, at + columns).join(''))
  return lines
}

function shade(percent: number, inFlight: number): string {
  if (percent >= 100) return FULL
  if (inFlight > 0) return COMING
  return percent > 0 ? SHADES[Math.min(2, Math.floor(percent / 34))]! : EMPTY
}

export const MAP_LEGEND = `${FULL} there, ${SHADES.join('')} in part, ${COMING} coming, ${EMPTY} missing`

/** What it comes to, such as `12 blocks of 1.00 MiB, 3 coming`. */
export function mapSummary({ blocks, inFlight }: BlockMapJson, blockSize: string): string {
  if (blocks === 0) return 'It is not known yet how many blocks it has.'
  const coming = inFlight.reduce((sum, each) => sum + each, 0)
  return `${blocks} ${blocks === 1 ? 'block' : 'blocks'} of ${blockSize}, ${coming} coming.`
}
