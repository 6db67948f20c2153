import { ShoalError } from '../../base/errors.ts'

export const PRIORITIES = ['low', 'normal', 'high'] as const
export type DownloadPriority = (typeof PRIORITIES)[number]

/** What may be told of a download at its start and later on; what is left out stays, or is the default. */
export interface DownloadChanges {
  /** Which of the waiting downloads start first. Default: normal. */
  readonly priority?: DownloadPriority | undefined
  /** Blocks from the beginning to the end, instead of those first that few have. Default: false. */
  readonly sequential?: boolean | undefined
}

/** @param text a priority, or empty for none @throws INVALID_ARGUMENT */
export function priorityOf(text: string): DownloadPriority | undefined {
  if (text === '') return undefined
  const priority = PRIORITIES.find((each) => each === text)
  if (priority) return priority
  throw new ShoalError('INVALID_ARGUMENT', `priority: must be one of ${PRIORITIES.join(', ')}.`)
}

/** @throws INVALID_ARGUMENT when nothing is to be changed */
export function checkChanges(changes: DownloadChanges): DownloadChanges {
  if (changes.priority !== undefined || changes.sequential !== undefined) return changes
  throw new ShoalError('INVALID_ARGUMENT', 'Say what to change: priority or sequential.')
}
