import type { DialectFile, DialectPort } from '../dialect.ts'

/** Files that may fail before it is given up. */
const MAX_FAILURES = 8

/**
 * What `take` makes of the first file of exactly this name that it succeeds with; undefined from it says that the file will not do. Undefined when none
 * does.
 * @throws what was wrong with the first one that failed, when none does; the signal's reason; as searching does
 */
export async function firstOf<T>(
  node: Pick<DialectPort, 'find'>,
  what: { readonly name: string; readonly here?: boolean },
  take: (file: DialectFile) => Promise<T | undefined>,
  signal: AbortSignal,
): Promise<T | undefined> {
  const failures: unknown[] = []
  for await (const file of node.find(what, signal)) {
    if (file.name !== what.name) continue
    try {
      const taken = await take(file)
      if (taken !== undefined) return taken
    } catch (error) {
      signal.throwIfAborted()
      if (failures.push(error) === MAX_FAILURES) break
    }
  }
  if (failures.length > 0) throw failures[0]
  return undefined
}
