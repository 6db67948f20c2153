import type { ActiveSource, BlockMap, Download } from '../../api/types.ts'

/** One row of who gives a download. */
export interface SourceRow {
  readonly peerId: string
  readonly name: string
  readonly addr: string
  /** Undefined for one that gave something and does not any more. */
  readonly live: ActiveSource | undefined
  readonly bytes: number
  /** Its place among the sources of the block map, for its colour; -1 = none. */
  readonly place: number
}

/** Those who give now, by name, so that rows keep their places; then those who gave, by what they gave. */
export function sourceRows(
  { sources, activeSources }: Pick<Download, 'sources' | 'activeSources'>,
  map: Pick<BlockMap, 'sources'> | undefined,
): SourceRow[] {
  const places = new Map((map?.sources ?? []).map(({ peerId }, place) => [peerId, place] as const))
  const names = new Map((map?.sources ?? []).map(({ peerId, name }) => [peerId, name] as const))
  const row = (peerId: string, live?: ActiveSource): SourceRow => ({
    peerId,
    live,
    name: live?.name || names.get(peerId) || '',
    addr: live?.addr ?? '',
    bytes: live?.doneBytes ?? sources[peerId] ?? 0,
    place: places.get(peerId) ?? -1,
  })
  const now = activeSources.map((live) => row(live.peerId, live))
  const isNow = new Set(activeSources.map(({ peerId }) => peerId))
  const before = Object.keys(sources)
    .filter((peerId) => !isNow.has(peerId))
    .map((peerId) => row(peerId))
  const byBytes = (a: SourceRow, b: SourceRow) => b.bytes - a.bytes
  const byName = (a: SourceRow, b: SourceRow) =>
    a.name.localeCompare(b.name) || (a.peerId < b.peerId ? -1 : 1)
  return [...now.sort(byName), ...before.sort(byBytes)]
}

const MIRROR = 'mirror:'

/** Of a mirror, its URL. */
export const mirrorOf = (peerId: string): string | undefined =>
  peerId.startsWith(MIRROR) ? peerId.slice(MIRROR.length) : undefined
