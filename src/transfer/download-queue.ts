import type { DownloadPriority } from '../storage/download-store.ts'

/** What decides when a waiting download starts. */
export interface Queued {
  readonly id: string
  readonly priority: DownloadPriority
}

const RANK: Readonly<Record<DownloadPriority, number>> = { high: 0, normal: 1, low: 2 }

/** The order in which waiting downloads start: by priority, then as they came. @param waiting in order of arrival */
export function queueOrder<T extends Queued>(waiting: readonly T[]): T[] {
  return [...waiting].sort((a, b) => RANK[a.priority] - RANK[b.priority])
}

/** Downloads whose new place is told at once; the others are told the next time, so that a long queue makes no flood of news. */
const MAX_NEWS = 50

/** Which waiting downloads should be told anew because their place is another one. */
export class QueueNews {
  #told = new Map<string, number>()

  /**
   * The next of them, those in front first; they count as told.
   *
   * @param ids the waiting downloads in order
   */
  next(ids: readonly string[]): string[] {
    const told = new Map<string, number>()
    const news: string[] = []
    for (const [i, id] of ids.entries()) {
      const before = this.#told.get(id)
      const isNews = before !== i && news.length < MAX_NEWS
      if (isNews) news.push(id)
      if (isNews || before !== undefined) told.set(id, isNews ? i : before!)
    }
    this.#told = told
    return news
  }
}
