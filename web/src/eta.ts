/** How far something was at a time of its own clock. */
export interface Sample {
  readonly atMs: number
  readonly done: number
  readonly total: number
}

/** Time over which a rate is taken, ms: long enough to be steady, short enough to follow. */
const WINDOW_MS = 15_000

/** Most samples that are kept. */
const MAX_SAMPLES = 60

/** The samples with one more; it begins anew when something went back, as when other work has begun. */
export function withSample(samples: readonly Sample[], sample: Sample): readonly Sample[] {
  const last = samples.at(-1)
  if (last && sample.done < last.done) return [sample]
  const recent = samples.filter(({ atMs }) => sample.atMs - atMs <= WINDOW_MS)
  return [...recent, sample].slice(-MAX_SAMPLES)
}

/** Time left at the rate of the samples, ms; undefined while it cannot be told. */
export function etaMsOf(samples: readonly Sample[]): number | undefined {
  const [first, last] = [samples[0], samples.at(-1)]
  if (!first || !last || last.atMs <= first.atMs || last.done <= first.done) return undefined
  const perMs = (last.done - first.done) / (last.atMs - first.atMs)
  return Math.max(0, last.total - last.done) / perMs
}
