import { formatBytes, formatDuration } from '../../base/units.ts'
import type { WishHitJson, WishJson } from '../client/wish-rest.ts'
import type { Column } from '../output/table.ts'

/** Why a hit is not fetched, for people. */
const HELD_BACK: Readonly<Record<string, string>> = {
  size: 'too large',
  'daily-limit': 'enough for today',
  'in-folder': 'comes with its folder',
  failed: 'could not start',
}

/** Wishes as a table. @param nowMs ms since the Unix epoch */
export const wishColumns = (nowMs: number): Column<WishJson>[] => [
  { title: 'ID', value: ({ id }) => id.slice(0, 8) },
  { title: 'NEW', value: ({ newHits }) => String(newHits), align: 'right' },
  { title: 'FETCH', value: ({ fetch }) => (fetch ? 'yes' : 'no') },
  {
    title: 'SEARCHED',
    value: ({ lastSearchedMs }) => (lastSearchedMs === undefined ? 'not yet' : ago(nowMs, lastSearchedMs)),
  },
  { title: 'WORDS', value: ({ words }) => words, shrinkTo: 20 },
]

/** What a wish found as a table. @param nowMs ms since the Unix epoch */
export const hitColumns = (nowMs: number): Column<WishHitJson>[] => [
  { title: '', value: ({ isNew }) => (isNew ? 'new' : '') },
  { title: 'FOUND', value: ({ foundMs }) => ago(nowMs, foundMs) },
  { title: 'SIZE', value: ({ size }) => formatBytes(size), align: 'right' },
  { title: 'PEERS', value: ({ providers }) => String(providers), align: 'right' },
  { title: 'CID', value: ({ cid }) => cid },
  { title: 'NAME', value: ({ name, kind }) => (kind === 'folder' ? `${name}/` : name), shrinkTo: 20 },
  { title: 'NOTE', value: noteOf, shrinkTo: 10 },
]

const ago = (nowMs: number, ms: number): string => `${formatDuration(Math.max(0, nowMs - ms))} ago`

function noteOf({ heldBack, downloadId }: WishHitJson): string {
  if (heldBack) return HELD_BACK[heldBack] ?? heldBack
  return downloadId === undefined ? '' : `download ${downloadId.slice(0, 8)}`
}
