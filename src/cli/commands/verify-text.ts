import { formatBytes, formatDuration } from '../../base/units.ts'
import type { DamagedJson, VerificationJson, VerifyEvent } from '../client/rest.ts'
import { progressLine } from '../output/progress.ts'
import { shellQuoted } from '../shell-quoted.ts'

/** The `progress` event of a verification. */
export function progressOf(view: VerificationJson) {
  const { files, filesTotal, bytes, bytesTotal, rateBytesPerSecond, etaMs, damaged } = view
  return { event: 'progress', files, filesTotal, bytes, bytesTotal, rateBytesPerSecond, etaMs, damaged }
}

/** The live line of a verification. */
export function verifyLiveLine(event: Extract<VerifyEvent, { event: 'progress' }>, columns: number): string {
  const { files, filesTotal, bytes, bytesTotal, rateBytesPerSecond, etaMs, damaged } = event
  return progressLine(
    {
      ...{ doneBytes: bytes, totalBytes: bytesTotal, rateBytesPerSecond, ...(etaMs !== null && { etaMs }) },
      label: `${files} of ${filesTotal} files${damaged > 0 ? `, ${damaged} DAMAGED` : ''}`,
    },
    columns,
  )
}

/** `3 of 7 files, 1 GiB of 4 GiB, 1 damaged`; of one that is done without what it would be of. */
export function summaryOf(
  view: Pick<VerificationJson, 'state' | 'files' | 'bytes' | 'damaged' | 'ms'> & Partial<VerificationJson>,
): string {
  const { state, files, filesTotal = files, bytes, bytesTotal = bytes, damaged, etaMs = null, ms } = view
  const of = (done: string, total: string) => (state === 'done' ? done : `${done} of ${total}`)
  const total = state === 'done' ? files : filesTotal
  return [
    `${of(String(files), String(filesTotal))} ${total === 1 ? 'file' : 'files'}`,
    of(formatBytes(bytes), formatBytes(bytesTotal)),
    `${damaged} damaged`,
    ...(state === 'done' ? [formatDuration(ms)] : []),
    ...(etaMs === null ? [] : [`${formatDuration(etaMs)} left`]),
  ].join(', ')
}

/** A line about a file with something wrong. */
export function damageOf({ path, reason, blocks, blockCount }: DamagedJson): string {
  const more = blockCount > blocks.length ? ' …' : ''
  const named = `${blockCount === 1 ? 'block' : `${blockCount} blocks:`} ${blocks.join(' ')}${more}`
  const what = {
    blocks: `DAMAGED, ${named}`,
    changed: 'DAMAGED, other bytes than were shared',
    unreadable: `cannot be read, ${named}`,
    missing: 'is not there',
  }
  return `${path}: ${what[reason]}`
}

/** What to do about damaged files. */
export function adviceOn(damaged: readonly DamagedJson[], sameNode: string): string[] {
  const withdrawn = damaged.filter(({ reason }) => reason === 'blocks' || reason === 'changed')
  const unreadable = damaged.some(({ reason }) => reason === 'unreadable')
  const lines = unreadable ? ['What cannot be read: look at its rights, and at the disk.'] : []
  const [first] = withdrawn
  if (!first) return lines
  const get = ({ cid, path }: DamagedJson) => `  shoal get${sameNode} ${cid} --out ${shellQuoted(path)}`
  return [
    ...lines,
    'Damaged files are not shared until they are whole again. Restore them from a backup, or fetch them from others: the new file is put beside the damaged one, which it then replaces (mv).',
    ...withdrawn.map(get),
    `One that is right as it is, changed by a program that put its time back, is shared again after: touch ${shellQuoted(first.path)}`,
  ]
}
