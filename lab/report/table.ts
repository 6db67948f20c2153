/** A table of a report; the first row is its head. */
export interface Table {
  readonly title: string
  readonly head: readonly string[]
  readonly rows: readonly (readonly string[])[]
  /** What has to be known to read it. */
  readonly note?: string
}

/** The table in Markdown. A first column that repeats itself is left empty. */
export function markdownTable({ title, head, rows, note }: Table): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
  const alignment = head.map((_, i) => (i === 0 ? '---' : '---:'))
  const body = rows.map((row, i) => line(row[0] === rows[i - 1]?.[0] ? ['', ...row.slice(1)] : row))
  return [
    `### ${title}`,
    '',
    ...(note === undefined ? [] : [note, '']),
    line(head),
    line(alignment),
    ...body,
    '',
  ].join('\n')
}
