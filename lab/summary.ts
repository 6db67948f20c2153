import type { Outcome, Summary } from './measures.ts'
import { mean, spread } from './stats.ts'

/** What many searches were like. */
export function summarize(outcomes: readonly Outcome[]): Summary {
  const of = (read: (outcome: Outcome) => number | undefined) =>
    outcomes.map(read).filter((value) => value !== undefined)
  return {
    count: outcomes.length,
    failed: outcomes.filter(({ error }) => error !== undefined).length,
    recall: mean(of(({ recall }) => recall)),
    complete: mean(of(({ recall }) => (recall === 1 ? 1 : 0))),
    stale: mean(of(({ stale }) => stale)),
    found: mean(of(({ found }) => found)),
    messages: spread(of(({ messages }) => messages)),
    bytes: spread(of(({ bytes }) => bytes)),
    asked: spread(of(({ asked }) => asked)),
    hops: mean(of(({ hops }) => hops)),
    firstHitMs: spread(of(({ firstHitMs }) => firstHitMs)),
    endMs: spread(of(({ endMs }) => endMs)),
  }
}

/** By class of query, in the order of `classes`; those without searches are left out. */
export function summarizeByClass(
  outcomes: readonly Outcome[],
  classes: readonly string[],
): Record<string, Summary> {
  const parts = classes.map((kind) => [kind, outcomes.filter((outcome) => outcome.kind === kind)] as const)
  return Object.fromEntries(
    parts.filter(([, own]) => own.length > 0).map(([kind, own]) => [kind, summarize(own)]),
  )
}
