import { ask } from '../api/client.ts'
import type { Download } from '../api/types.ts'
import { say } from './toasts.ts'

/** Begins to fetch. @throws ApiError */
export async function getFile(target: string, name?: string): Promise<Download> {
  const view = await ask<Download>('/api/v1/downloads', {
    method: 'POST',
    json: { target, ...(name && { name }) },
  })
  const text = view.state === 'done' ? 'This was fetched before and is here.' : 'The download has begun.'
  say(text, { link: { to: '/transfers', label: 'Show' } })
  return view
}
