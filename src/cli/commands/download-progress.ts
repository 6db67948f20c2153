import { ERRORS, type ErrorCode, isErrorCode, ShoalError } from '../../base/errors.ts'
import type { NodeClient } from '../client/node-client.ts'
import type { DownloadJson, DownloadState } from '../client/rest.ts'
import { progressLine } from '../output/progress.ts'
import { EXIT } from '../session.ts'

/** The download after each change, the first at once, until it has ended. */
export function followDownload(client: NodeClient, id: string, signal: AbortSignal) {
  return client.lines<DownloadJson>('GET', `/downloads/${encodeURIComponent(id)}/events`, { signal })
}

/** The `progress` event of a download. */
export function progressOf(view: DownloadJson): object {
  return {
    event: 'progress',
    id: view.id,
    cid: view.cid,
    name: view.name,
    state: view.state,
    ...(view.queuePosition !== undefined && { queuePosition: view.queuePosition }),
    bytes: view.doneBytes,
    size: view.sizeBytes,
    rateBytesPerSecond: view.rateBytesPerSecond,
    etaMs: view.etaMs ?? null,
    activeSources: view.activeSources.length,
    sources: view.sources,
    dropped: view.dropped,
  }
}

const LABELS: Record<DownloadState, string | undefined> = {
  queued: 'waiting for its turn',
  resolving: 'looking for sources',
  running: undefined,
  paused: 'paused',
  finishing: 'writing to disk',
  done: 'done',
  failed: 'failed',
  cancelled: 'cancelled',
}

/** The live line of a download. */
export function liveOf(view: DownloadJson, columns: number): string {
  const { queuePosition } = view
  const label =
    queuePosition === undefined ? LABELS[view.state] : `waiting for its turn, #${queuePosition} in the queue`
  return progressLine(
    {
      doneBytes: view.doneBytes,
      totalBytes: view.sizeBytes,
      rateBytesPerSecond: view.rateBytesPerSecond,
      ...(label !== undefined && { label }),
      ...(view.etaMs !== undefined && view.etaMs !== null && { etaMs: view.etaMs }),
      ...(view.state === 'running' && { sources: view.activeSources.length }),
    },
    columns,
  )
}

/** Who may have it is away, or nobody can be reached from here. */
export const MAY_BE_AWAY =
  'Whoever has it may be away now; shoal doctor tells whether others can be reached from here.'

/** What the system says has no full stop. */
const sentence = (text: string) => (/[.?!]$/.test(text) ? text : `${text}.`)

/** What to do about a failed download. */
function adviceOn(code: ErrorCode, resume: string): string {
  if (code === 'NO_PROVIDERS') return `${MAY_BE_AWAY} Try again with: ${resume}`
  // What is in the content itself does not go away.
  const isForGood = code === 'NOT_IMPLEMENTED' || code === 'TOO_LARGE' || ERRORS[code].exit === EXIT.usage
  return isForGood ? '' : `Go on when that is mended with: ${resume}`
}

/** Why the download will not get done by waiting; undefined while it may. */
export function downloadError(view: DownloadJson, sameNode: string): ShoalError | undefined {
  const details = { id: view.id, dropped: view.dropped }
  switch (view.state) {
    case 'failed': {
      const code: ErrorCode = isErrorCode(view.error?.code) ? view.error.code : 'INTERNAL'
      const resume = `shoal downloads resume${sameNode} ${view.id}`
      const message = [sentence(view.error?.message ?? ERRORS[code].message), adviceOn(code, resume)]
      return new ShoalError(code, message.join(' ').trim(), { details })
    }
    case 'cancelled':
      return new ShoalError('CANCELLED', 'The download was cancelled.', { details })
    case 'paused':
      return new ShoalError(
        'CANCELLED',
        `The download was paused. Go on with: shoal downloads resume${sameNode} ${view.id}`,
        { details },
      )
    default:
      return undefined
  }
}
