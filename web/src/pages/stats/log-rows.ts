import type { SearchRow } from '../../api/types.ts'

/** Rows of a log, newest first, as far as they were read. */
export interface LogState<Row> {
  readonly rows: readonly Row[]
  /** For what is older; undefined when there is no more. */
  readonly cursor: string | undefined
}

interface Page<Row> {
  readonly rows: readonly Row[]
  readonly cursor?: string | undefined
}

/** The newest page, before what was read already; alone when there may be a gap between the two. */
export function withNewest<Row extends { id: string }>(
  state: LogState<Row>,
  { rows, cursor }: Page<Row>,
): LogState<Row> {
  const known = new Set(state.rows.map(({ id }) => id))
  if (!rows.some(({ id }) => known.has(id))) return { rows, cursor }
  return { rows: joined(rows, state.rows), cursor: state.cursor }
}

/** The page behind what was read. */
export function withOlder<Row extends { id: string }>(
  state: LogState<Row>,
  { rows, cursor }: Page<Row>,
): LogState<Row> {
  return { rows: joined(state.rows, rows), cursor }
}

function joined<Row extends { id: string }>(first: readonly Row[], second: readonly Row[]): Row[] {
  const known = new Set(first.map(({ id }) => id))
  return [...first, ...second.filter(({ id }) => !known.has(id))]
}

/** What was looked for, for people. */
export const askedText = ({ words, cid, sha256 }: SearchRow['query']): string =>
  [words, cid, sha256].filter((part) => part !== undefined).join(' ')

/** What a search cost, and how far it went. */
export function figuresOf({ via, responders }: SearchRow): { messages: number; hops: number | undefined } {
  const reports = Object.values(via)
  const hops = [
    ...responders.flatMap(({ hops }) => hops ?? []),
    ...reports.flatMap(({ firstHitHops }) => firstHitHops ?? []),
  ]
  return {
    messages: reports.reduce((sum, { messages }) => sum + messages, 0),
    hops: hops.length > 0 ? Math.max(...hops) : undefined,
  }
}
