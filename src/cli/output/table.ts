import { printable } from '../../base/printable.ts'
import { displayWidth, fit, pad } from './width.ts'

export interface Column<Row> {
  title: string
  /** May hold anything: it is made printable here. */
  value: (row: Row) => string
  align?: 'left' | 'right'
  /** Least columns this one may be shortened to when the terminal is narrow; never shortened when left out. */
  shrinkTo?: number
}

export interface TableOptions {
  /** Columns of the terminal; undefined leaves all cells whole (output into a file or pipe). */
  width: number | undefined
  /** Whether a line with the titles comes first. Default: true. */
  header?: boolean
}

const GAP = '  '

/** `rows` as lines of text in columns. */
export function tableLines<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  { width, header = true }: TableOptions,
): string[] {
  const cells = rows.map((row) => columns.map((column) => printable(column.value(row))))
  if (header) cells.unshift(columns.map((column) => column.title))
  const wanted = columns.map((_, i) => Math.max(0, ...cells.map((row) => displayWidth(row[i]!))))
  const widths = width === undefined ? wanted : shrink(columns, wanted, width)
  return cells.map((row) =>
    row
      .map((cell, i) => pad(fit(cell, widths[i]!), widths[i]!, columns[i]!.align))
      .join(GAP)
      .trimEnd(),
  )
}

/** Takes what is too much from the widest column that may shrink, again and again. */
export function shrink(
  columns: readonly { shrinkTo?: number }[],
  wanted: readonly number[],
  width: number,
): number[] {
  const widths = [...wanted]
  const total = () => widths.reduce((sum, each) => sum + each, 0) + GAP.length * (widths.length - 1)
  for (let excess = total() - width; excess > 0; excess = total() - width) {
    const spare = widths.map((each, i) => each - Math.min(each, columns[i]!.shrinkTo ?? each))
    const candidates = widths.filter((_, i) => spare[i]! > 0).sort((a, b) => b - a)
    const [widest, second = 0] = candidates
    if (widest === undefined) break
    const at = widths.findIndex((each, i) => each === widest && spare[i]! > 0)
    widths[at] = widest - Math.min(excess, spare[at]!, Math.max(1, widest - second))
  }
  return widths
}
