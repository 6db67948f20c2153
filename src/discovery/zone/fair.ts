import type { Page } from './page.ts'

/**
 * Pages in the order in which they are looked through when there are too many: the first page of each publisher, then the second of
 * each, and so on, of equals by hash. So one who shares much does not push out the others, and every member that has the same pages
 * chooses the same. As they are when they have at most `limit` postings in all.
 */
export function fairOrder(pages: Page[], limit: number): Page[] {
  let postings = 0
  for (const page of pages) postings += page.postings.length
  if (postings <= limit) return pages
  const byHash = [...pages].sort((a, b) => a.hashHigh - b.hashHigh || a.hashLow - b.hashLow)
  const seen = new Map<string, number>()
  const ranked = byHash.map((page) => {
    const rank = seen.get(page.peerId) ?? 0
    seen.set(page.peerId, rank + 1)
    return { page, rank }
  })
  ranked.sort((a, b) => a.rank - b.rank)
  const kept: Page[] = []
  let count = 0
  for (const { page } of ranked) {
    if (count >= limit) break
    kept.push(page)
    count += page.postings.length
  }
  return kept
}
