import { formatBytes } from '../../../base/units.ts'
import type { DownloadJson, DownloadState } from '../../client/rest.ts'
import { liveOf } from '../../commands/download-progress.ts'
import { displayWidth, fit, pad } from '../../output/width.ts'
import type { Choice } from '../asker.ts'
import type { MenuContext, MenuEntry } from '../context.ts'
import { watchLive } from '../live-view.ts'

const RUNS: readonly DownloadState[] = ['queued', 'resolving', 'running', 'finishing']

/** What can be done with a download, by its state. */
const VERBS: Readonly<Record<DownloadState, readonly (keyof typeof LABELS)[]>> = {
  queued: ['pause', 'cancel'],
  resolving: ['pause', 'cancel'],
  running: ['pause', 'cancel'],
  finishing: ['cancel'],
  paused: ['resume', 'cancel'],
  failed: ['resume', 'cancel', 'remove'],
  done: ['remove'],
  cancelled: ['remove'],
}

const LABELS = {
  pause: 'Pause',
  resume: 'Go on',
  cancel: 'Cancel, and remove the unfinished file',
  remove: 'Take it off the list; no finished file is deleted',
} as const

/** Columns that the name of a download gets beside its progress, at most. */
const MAX_NAME_COLUMNS = 30

export const downloads: MenuEntry = {
  label: 'Downloads',
  hint: 'progress; pause, go on, cancel',
  async run(context) {
    const { ask, run, print, signal } = context
    while (!signal.aborted) {
      const all = await watched(context)
      if (!all) return
      if (all.length === 0) return print.note('There are no downloads.', 'dim')
      const choices: Choice<DownloadJson | 'again'>[] = [
        ...all.map((each) => ({ value: each, label: each.name, hint: progressOf(each) })),
        { value: 'again', label: 'Look again' },
      ]
      const chosen = await ask.select('Which download?', choices)
      if (chosen === undefined) return
      if (chosen === 'again') continue
      const verbs = VERBS[chosen.state].map((verb) => ({ value: verb, label: LABELS[verb] }))
      const verb = await ask.select(chosen.name, verbs)
      if (verb !== undefined) await run.command(['downloads', verb], [chosen.id])
    }
  },
}

/** All downloads, after those that run were shown until a key was pressed or all had ended; undefined to go back. */
async function watched(context: MenuContext): Promise<DownloadJson[] | undefined> {
  let all = await read(context)
  if (!all?.some(isRunning)) return all
  const key = await watchLive(context, async (columns) => {
    all = await read(context)
    const running = all?.filter(isRunning) ?? []
    return running.length === 0 ? undefined : running.map((each) => liveLine(each, columns))
  })
  return key === 'back' ? undefined : all
}

async function read({ run }: MenuContext): Promise<DownloadJson[] | undefined> {
  const { code, rows } = await run.rows<DownloadJson>(['downloads'])
  return code === 0 ? rows : undefined
}

const isRunning = ({ state }: DownloadJson) => RUNS.includes(state)

/** Name and progress in one line; the name alone when there is no room for both. */
export function liveLine(view: DownloadJson, columns: number): string {
  const nameColumns = Math.min(MAX_NAME_COLUMNS, Math.floor(columns / 3))
  const name = pad(fit(view.name, nameColumns), nameColumns)
  return `${name}  ${liveOf(view, Math.max(0, columns - displayWidth(name) - 2))}`
}

function progressOf({ state, doneBytes, sizeBytes }: DownloadJson): string {
  if (state === 'done' || sizeBytes === 0) return state
  return `${state}, ${formatBytes(doneBytes)} of ${formatBytes(sizeBytes)}`
}
