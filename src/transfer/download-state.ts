import { type ErrorCode, ShoalError } from '../base/errors.ts'

/** Where a download stands. What each state needs to know stands in it. */
export type DownloadState =
  /** Waits for a place among the running ones. */
  | { readonly name: 'queued' }
  /** Looks for providers and the manifest. */
  | { readonly name: 'resolving' }
  /** Fetches blocks, or waits for a source. */
  | { readonly name: 'running' }
  | { readonly name: 'paused' }
  /** All blocks are there: checks the whole and gives it its final name. */
  | { readonly name: 'finishing' }
  | { readonly name: 'done'; readonly path: string; readonly finishedMs: number }
  | { readonly name: 'failed'; readonly error: DownloadError; readonly finishedMs: number }
  | { readonly name: 'cancelled'; readonly finishedMs: number }

export type DownloadStateName = DownloadState['name']

export interface DownloadError {
  readonly code: ErrorCode
  readonly message: string
}

/** What happens to a download. */
export type DownloadEvent =
  | { readonly type: 'start' }
  | { readonly type: 'resolved' }
  | { readonly type: 'complete' }
  | { readonly type: 'damaged' }
  | { readonly type: 'placed'; readonly path: string; readonly nowMs: number }
  | { readonly type: 'pause' }
  | { readonly type: 'resume' }
  | { readonly type: 'cancel'; readonly nowMs: number }
  | { readonly type: 'fail'; readonly error: DownloadError; readonly nowMs: number }

/** Which events each state takes. */
const MOVES: Readonly<Record<DownloadStateName, readonly DownloadEvent['type'][]>> = {
  queued: ['start', 'pause', 'cancel', 'fail'],
  resolving: ['resolved', 'pause', 'cancel', 'fail'],
  running: ['complete', 'pause', 'cancel', 'fail'],
  paused: ['resume', 'cancel'],
  // Not paused: it is short, and half a move is no state to rest in.
  finishing: ['placed', 'damaged', 'cancel', 'fail'],
  done: [],
  // A failed download may be tried again: what it has is kept.
  failed: ['resume', 'cancel'],
  cancelled: [],
}

/**
 * The state after an event.
 *
 * @throws CONFLICT when the state does not take the event
 */
export function transition(state: DownloadState, event: DownloadEvent): DownloadState {
  if (!MOVES[state.name].includes(event.type))
    throw new ShoalError('CONFLICT', `A download that is ${state.name} cannot ${VERBS[event.type]}.`)
  switch (event.type) {
    case 'start':
      return { name: 'resolving' }
    case 'resolved':
    case 'damaged':
      return { name: 'running' }
    case 'complete':
      return { name: 'finishing' }
    case 'placed':
      return { name: 'done', path: event.path, finishedMs: event.nowMs }
    case 'pause':
      return { name: 'paused' }
    case 'resume':
      return { name: 'queued' }
    case 'cancel':
      return { name: 'cancelled', finishedMs: event.nowMs }
    case 'fail':
      return { name: 'failed', error: event.error, finishedMs: event.nowMs }
  }
}

const VERBS: Readonly<Record<DownloadEvent['type'], string>> = {
  start: 'start',
  resolved: 'be resolved',
  complete: 'be complete',
  damaged: 'go back to fetching',
  placed: 'be placed',
  pause: 'be paused',
  resume: 'be resumed',
  cancel: 'be cancelled',
  fail: 'fail',
}

/** done, failed or cancelled: nothing happens any more by itself. */
export function isEnded(state: { readonly name: DownloadStateName }): boolean {
  return state.name === 'done' || state.name === 'failed' || state.name === 'cancelled'
}

/** Takes a place among the running ones. */
export function isActive(state: { readonly name: DownloadStateName }): boolean {
  return state.name === 'resolving' || state.name === 'running' || state.name === 'finishing'
}
