import { ask } from '../api/client.ts'
import type { Download } from '../api/types.ts'
import { onEvent } from './live.ts'
import { Store } from './store.ts'

/** Downloads by id, newest first, as the node tells of them; undefined before the first answer. */
export const downloads = new Store<ReadonlyMap<string, Download> | undefined>(undefined)

/** Told of since all of them were asked for: the answer may be older. */
let told = new Map<string, Download>()
let retry: ReturnType<typeof setTimeout> | undefined

/** Asks for all of them once, then follows what happens; and again when something may have been missed. Call it once. */
export function followDownloads(): void {
  onEvent('download', (data) => {
    if (data === undefined) return void load()
    const view = data as Download
    told.set(view.id, view)
    const known = downloads.get()
    if (!known) return
    // A new one comes first.
    downloads.set(
      known.has(view.id) ? new Map(known).set(view.id, view) : new Map([[view.id, view], ...known]),
    )
  })
  onEvent('download-removed', () => load())
  document.addEventListener('visibilitychange', () => !document.hidden && load())
  load()
}

/** Asks for all of them; a node that does not answer is told of in the head of the page. */
export async function load(): Promise<void> {
  clearTimeout(retry)
  told = new Map()
  try {
    const { downloads: all } = await ask<{ downloads: Download[] }>('/api/v1/downloads')
    downloads.set(new Map(all.map((view) => [view.id, told.get(view.id) ?? view])))
  } catch {
    retry = setTimeout(load, 5000)
  }
}

/** The download of `cid` that matters most: one that runs, else the newest. */
export function downloadOf(
  all: ReadonlyMap<string, Download> | undefined,
  cid: string,
): Download | undefined {
  const own = [...(all?.values() ?? [])].filter((view) => view.cid === cid)
  return own.find(({ state }) => !['done', 'failed', 'cancelled'].includes(state)) ?? own[0]
}
