import { isErrorCode } from '../base/errors.ts'
import { BLOCK_SIZE } from '../content/cid.ts'
import { blocksOfSize } from '../content/manifest.ts'
import type { DownloadRecord } from '../storage/download-store.ts'
import { Bitmap } from './bitmap.ts'
import type { DownloadState, DownloadStateName } from './download-state.ts'
import type { DownloadJournal } from './ports.ts'

const NAMES: Readonly<Record<DownloadStateName, true>> = {
  queued: true,
  resolving: true,
  running: true,
  paused: true,
  finishing: true,
  done: true,
  failed: true,
  cancelled: true,
}

/** The state after a restart: what was under way begins again, the rest stays as it was. */
export function stateOf(record: DownloadRecord): DownloadState {
  const name = Object.hasOwn(NAMES, record.state) ? (record.state as DownloadStateName) : 'queued'
  const finishedMs = record.finishedMs ?? record.createdMs
  switch (name) {
    case 'done':
      return { name, path: record.outPath, finishedMs }
    case 'cancelled':
      return { name, finishedMs }
    case 'failed': {
      const { code = 'INTERNAL', message = '' } = record.error ?? {}
      return { name, error: { code: isErrorCode(code) ? code : 'INTERNAL', message }, finishedMs }
    }
    case 'paused':
      return { name }
    default:
      return { name: 'queued' }
  }
}

/** Blocks of a file that the journal has; undefined while its blocks are not known. */
export function journalledBlocks({ digests, sizeBytes, bitmap }: DownloadRecord): Bitmap | undefined {
  const blocks = blocksOfSize(sizeBytes)
  if (!digests || bitmap.length !== Math.ceil(blocks / 8)) return undefined
  return new Bitmap(blocks, bitmap.slice())
}

/** Bytes that the journal has, of a file or of all files of a folder. */
export function journalledBytes(record: DownloadRecord, store: Pick<DownloadJournal, 'list'>): number {
  if (record.kind === 'folder') {
    return store
      .list({ parentId: record.id })
      .reduce(
        (sum, child) => sum + (child.state === 'done' ? child.sizeBytes : journalledBytes(child, store)),
        0,
      )
  }
  if (record.state === 'done') return record.sizeBytes
  const blocks = journalledBlocks(record)
  if (!blocks) return 0
  const last = blocks.length - 1
  const short = blocks.has(last) ? (last + 1) * BLOCK_SIZE - record.sizeBytes : 0
  return blocks.count * BLOCK_SIZE - short
}
