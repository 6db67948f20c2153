import { ask } from '../api/client.ts'
import { downloads, load } from './downloads.ts'

/** Takes an ended download off the list; no finished file is deleted. @throws ApiError */
export async function forgetDownload(id: string): Promise<void> {
  await ask(`/api/v1/downloads/${id}`, { method: 'DELETE' })
  const left = new Map(downloads.get())
  left.delete(id)
  downloads.set(left)
}

/** Takes all in these states off the list. @throws ApiError */
export async function clearDownloads(states: readonly string[]): Promise<void> {
  await ask(`/api/v1/downloads?state=${states.join(',')}`, { method: 'DELETE' })
  await load()
}
