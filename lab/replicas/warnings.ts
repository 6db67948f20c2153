import type { Logger } from '../../src/base/log.ts'
import { labLogger } from '../logger.ts'

/** A logger that keeps nothing but how often each warning and error was said. */
export function countingLogger(counts: Map<string, number>): Logger {
  const count = (facts: unknown, text?: string) => {
    const what = text ?? String(facts)
    counts.set(what, (counts.get(what) ?? 0) + 1)
  }
  const log = { ...labLogger, child: () => log, warn: count, error: count, fatal: count } as unknown as Logger
  return log
}
