import type { BackgroundMeasure, Measure, QueryMeasure, RunResult, Summary } from '../measures.ts'
import { bytes, millis, num, percent } from '../report/format.ts'
import { QUERY_CLASSES } from '../workload.ts'

/** Columns that the tables of several scenarios share. */

export const SUMMARY_HEAD = [
  'recall',
  'complete',
  'messages: mean',
  'p50',
  'p99',
  'bytes',
  'peers asked',
  'hops to first hit',
  'first hit p50',
  'p99',
  'end p50',
  'failed',
]

/** A summary under {@link SUMMARY_HEAD}. */
export function summaryCells(summary: Summary): string[] {
  return [
    percent(summary.recall),
    percent(summary.complete),
    num(summary.messages.mean),
    num(summary.messages.p50),
    num(summary.messages.p99),
    bytes(summary.bytes.mean),
    num(summary.asked.mean),
    num(summary.hops),
    millis(summary.firstHitMs.p50),
    millis(summary.firstHitMs.p99),
    millis(summary.endMs.p50),
    num(summary.failed),
  ]
}

/** Recall by class of query, in the order of {@link QUERY_CLASSES}. */
export function recallByClass({ byClass }: QueryMeasure): string[] {
  return QUERY_CLASSES.map((kind) => (byClass[kind] ? percent(byClass[kind].recall) : '–'))
}

export const RESOURCES_HEAD = ['virtual time', 'wall time', 'peak memory', 'events']

export function resourceCells({ virtualMs, events, real }: RunResult): string[] {
  return [millis(virtualMs), millis(real.wallMs), `${num(real.peakRssMiB)} MiB`, num(events)]
}

/** The measure of the searches with this label. */
export function queriesOf({ measures, spec }: RunResult, label: string): QueryMeasure {
  const found = measures.find(
    (measure): measure is QueryMeasure => isQueries(measure) && measure.label === label,
  )
  if (!found) throw new Error(`The run ${spec.label} has no searches ${label}.`)
  return found
}

export function backgroundOf({ measures, spec }: RunResult): BackgroundMeasure {
  const found = measures.find((measure) => measure.do === 'background')
  if (!found) throw new Error(`The run ${spec.label} did not look at the background.`)
  return found
}

const isQueries = (measure: Measure): measure is QueryMeasure =>
  measure.do === 'queries' || measure.do === 'churn'
