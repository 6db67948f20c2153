import { setTimeout as wait } from 'node:timers/promises'

/** Pause between two looks, ms. */
const PAUSE_MS = 50

/**
 * The first answer of `look` that is not undefined. For states of other processes, which tell nobody when they change.
 *
 * @throws Error that says what was waited for in vain
 */
export async function until<T>(
  what: string,
  look: () => Promise<T | undefined> | T | undefined,
  limitMs = 30_000,
): Promise<T> {
  const end = Date.now() + limitMs
  for (;;) {
    const answer = await look()
    if (answer !== undefined) return answer
    if (Date.now() > end) throw new Error(`waited ${limitMs} ms in vain: ${what}`)
    await wait(PAUSE_MS)
  }
}
