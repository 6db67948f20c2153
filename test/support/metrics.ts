import { readFileSync } from 'node:fs'

/** A metric as Prometheus's text format tells it. */
export interface ToldMetric {
  readonly name: string
  readonly type: string
  readonly help: string
  /** Names of its labels, `le` left out. */
  readonly labels: readonly string[]
  readonly samples: readonly { readonly name: string; readonly labels: string; readonly value: number }[]
}

/** Reads the text format 0.0.4; throws where it is not that. */
export function parseMetrics(text: string): ToldMetric[] {
  const metrics: ToldMetric[] = []
  let samples: ToldMetric['samples'][number][] = []
  let labels = new Set<string>()
  for (const line of text.split('\n')) {
    if (line === '') continue
    const [, help, name] = /^# HELP (?<help>(\S+) .*)$/.exec(line) ?? []
    if (name) {
      samples = []
      labels = new Set()
      metrics.push({ name, help: help!.slice(name.length + 1), type: '', labels: [], samples })
      continue
    }
    const metric = metrics.at(-1)
    const type = /^# TYPE (\S+) (\w+)$/.exec(line)
    if (!metric) throw new Error(`stands before every metric: ${line}`)
    if (type) {
      if (type[1] !== metric.name) throw new Error(`the type of another metric: ${line}`)
      metrics[metrics.length - 1] = { ...metric, type: type[2]! }
      continue
    }
    const sample = /^([a-z_:][\w:]*)(?:\{(.*)\})? (\S+)$/i.exec(line)
    if (!sample) throw new Error(`no sample: ${line}`)
    if (!sample[1]!.startsWith(metric.name)) throw new Error(`of another metric: ${line}`)
    samples.push({ name: sample[1]!, labels: sample[2] ?? '', value: Number(sample[3]) })
    for (const [, label] of (sample[2] ?? '').matchAll(/(\w+)="(?:[^"\\]|\\.)*"/g))
      if (label !== 'le') labels.add(label!)
    metrics[metrics.length - 1] = { ...metric, labels: [...labels] }
  }
  return metrics
}

/** The value of one sample; undefined when there is none with exactly these labels. */
export function sampleOf(metrics: readonly ToldMetric[], name: string, labels = ''): number | undefined {
  return metrics
    .flatMap(({ samples }) => samples)
    .find((sample) => sample.name === name && sample.labels === labels)?.value
}

/** What docs/METRICS.md says of a metric, and what a scrape does. */
export type DescribedMetric = Pick<ToldMetric, 'name' | 'type' | 'help' | 'labels'>

const byName = (a: { name: string }, b: { name: string }) => a.name.localeCompare(b.name)

export const described = (metrics: readonly ToldMetric[]): DescribedMetric[] =>
  metrics.map(({ name, type, labels, help }) => ({ name, type, help, labels })).sort(byName)

/** The rows of the table in docs/METRICS.md below a heading, by name. */
export function listedMetrics(heading: string): DescribedMetric[] {
  const page = readFileSync(new URL('../../docs/METRICS.md', import.meta.url), 'utf8')
  const section = page.split(/^## /m).find((part) => part.startsWith(`${heading}\n`))
  if (!section) throw new Error(`docs/METRICS.md has no "${heading}"`)
  return [...section.matchAll(/^\| `(\w+)` \| (\w+) \| (.*?) ?\| (.*) \|$/gm)]
    .map(([, name, type, labels, help]) => ({
      ...{ name: name!, type: type!, help: help! },
      labels: [...labels!.matchAll(/`(\w+)`/g)].map(([, label]) => label!),
    }))
    .sort(byName)
}
