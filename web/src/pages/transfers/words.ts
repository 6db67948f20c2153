import type { Download } from '../../api/types.ts'

type State = Download['state']

const ENDED: readonly State[] = ['done', 'failed', 'cancelled']

/** Nothing happens to it any more by itself. */
export const isEnded = ({ state }: Pick<Download, 'state'>): boolean => ENDED.includes(state)

/** Bytes come, or could. */
export const isActive = ({ state }: Pick<Download, 'state'>): boolean =>
  state === 'resolving' || state === 'running' || state === 'finishing'

export const STATE_LABELS: Readonly<Record<State, string>> = {
  queued: 'Waiting',
  resolving: 'Looking it up',
  running: 'Downloading',
  paused: 'Paused',
  finishing: 'Checking',
  done: 'Done',
  failed: 'Failed',
  cancelled: 'Cancelled',
}

export const STATE_TONES: Readonly<Record<State, string>> = {
  queued: 'plain',
  resolving: 'plain',
  running: 'good',
  paused: 'warn',
  finishing: 'good',
  done: 'good',
  failed: 'bad',
  cancelled: 'plain',
}

/** What it waits for, and what that means; empty when it does not wait. */
export function waitingText({
  state,
  queuePosition,
  waitingFor,
  activeSources,
}: Pick<Download, 'state' | 'queuePosition' | 'waitingFor' | 'activeSources'>): string {
  if (state === 'queued') {
    if (queuePosition === undefined) return 'Waits for its turn.'
    return queuePosition === 1
      ? 'Next in line: it starts when another one ends.'
      : `Number ${queuePosition} in line: it starts when others end.`
  }
  if (state === 'resolving') return 'Asks those who have it what it is made of.'
  if (state === 'finishing') return 'All is here; the whole is checked and gets its name.'
  if (state !== 'running') return ''
  if (waitingFor === 'slots') {
    const places = activeSources.map(({ position }) => position ?? Number.POSITIVE_INFINITY)
    const best = Math.min(...places)
    return `Those who have it serve others now${Number.isFinite(best) ? `; number ${best} in line` : ''}.`
  }
  if (waitingFor !== 'providers') return ''
  if (activeSources.some(({ state: is }) => is === 'connecting')) return 'Connects to those who have it.'
  return 'Nobody who has it can be reached now. It goes on by itself as soon as somebody can.'
}

const ADVICE: Readonly<Record<string, string>> = {
  NO_PROVIDERS: 'Try again when somebody who has it is there; what is here already is kept.',
  NOT_FOUND: 'Search for it again: it may be shared under another name or address.',
  NO_SPACE: 'Free some space, or set another folder for downloads in the settings, then try again.',
  PERMISSION_DENIED: 'Allow the node to write there, or set another folder for downloads, then try again.',
  IO: 'See whether the disk is there and can be written to, then try again.',
  TIMED_OUT: 'Try again: the others may be faster then.',
  UNAVAILABLE: 'Try again: the others may be there then.',
  BUSY: 'Try again in a minute.',
  BAD_BLOCK: 'Somebody sent wrong bytes, which were thrown away. Try again: others may have the right ones.',
  ALREADY_EXISTS: 'Move or rename what is there, then try again.',
}

/** What to do about a failure, beside what the node says of it. */
export const adviceFor = (code: string): string => ADVICE[code] ?? 'Try again; what is here already is kept.'

const SOURCE_STATES: Readonly<Record<string, string>> = {
  connecting: 'connecting',
  waiting: 'waits in its queue',
  active: 'sends',
  ended: 'ended',
}

export const sourceStateText = (state: string): string => SOURCE_STATES[state] ?? state

/** How a peer is reached, and what that means. */
export const ROADS: Readonly<Record<string, { label: string; hint: string }>> = {
  direct: { label: 'direct', hint: 'Over TCP, straight to it' },
  tunnel: { label: 'tunnel', hint: 'Through a straight libp2p connection, past its router or firewall' },
  relayed: { label: 'relayed', hint: 'Through a third node, which is slower and has a daily limit' },
  mirror: { label: 'mirror', hint: 'An HTTP server, each block verified as from anybody else' },
}

/** Bytes above which giving up is asked about. */
const MUCH = 8 * 1024 * 1024

/** Whether so much is there that somebody would be sorry. */
export const isMuch = ({ doneBytes }: Pick<Download, 'doneBytes'>): boolean => doneBytes >= MUCH
