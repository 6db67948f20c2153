import { BoundedQueue } from '../base/queue.ts'
import type { SharedEntry } from '../content/entry.ts'
import type { NodePort } from './node-port.ts'
import { LeftOutList, type LeftOutView } from './views/left-out.ts'

export type AddEvent =
  | { readonly type: 'added'; readonly entry: SharedEntry }
  | {
      readonly type: 'done'
      readonly files: number
      readonly bytes: number
      readonly leftOut: LeftOutView
    }

/** Entries that may wait for a slow reader; those that do not fit come from the answer at the end. */
const QUEUED = 4096

/**
 * `library.add` as a stream: each entry when it is shared, then the totals. A reader that is slower than the
 * hashing gets what it missed at the end; leaving the loop aborts the work. Throws what `library.add` throws.
 */
export async function* addEntries(
  library: NodePort['library'],
  path: string,
  signal: AbortSignal,
): AsyncGenerator<AddEvent> {
  const queue = new BoundedQueue<SharedEntry>(QUEUED)
  const missed = new Set<string>()
  const leftOut = new LeftOutList()
  const adding = library
    .add(path, {
      signal,
      onLeftOut: (what) => leftOut.add(what),
      onAdded: (entry) => {
        if (missed.size > 0 || !queue.tryPush(entry)) missed.add(keyOf(entry))
      },
    })
    .finally(() => queue.close())
  adding.catch(() => undefined)
  for await (const entry of queue) yield { type: 'added', entry }
  const entries = await adding
  for (const entry of entries) if (missed.has(keyOf(entry))) yield { type: 'added', entry }
  const files = entries.filter(({ kind }) => kind === 'file')
  const bytes = files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
  yield { type: 'done', files: files.length, bytes, leftOut }
}

const keyOf = ({ path, cid }: SharedEntry) => `${cid} ${path}`
