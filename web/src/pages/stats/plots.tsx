import { useMemo, useState } from 'react'
import type { Series, Stats } from '../../api/types.ts'
import { LastValues } from './last-values.tsx'
import { Plot } from './plot.tsx'
import { type SeriesKey, spanOf, timesOf, type Unit, valuesOf } from './plot-data.ts'

const SPANS = {
  hour: { label: 'Last hour', spanMs: 3_600_000 },
  day: { label: 'Last 24 hours', spanMs: 86_400_000 },
} as const
type Span = keyof typeof SPANS

interface Drawn {
  title: string
  unit: Unit
  lines: readonly { key: SeriesKey; label: string; colour: string; dashed: boolean }[]
}

const PLOTS: readonly Drawn[] = [
  {
    title: 'Transfer',
    unit: 'rate',
    lines: [
      { key: 'downloadedBytes', label: 'down', colour: '--via-zone', dashed: false },
      { key: 'uploadedBytes', label: 'up', colour: '--via-flood', dashed: true },
    ],
  },
  {
    title: 'Searches',
    unit: 'amount',
    lines: [
      { key: 'searches', label: 'made here', colour: '--via-index', dashed: false },
      { key: 'queries', label: 'of others', colour: '--via-flood', dashed: true },
    ],
  },
  {
    title: 'Peers',
    unit: 'level',
    lines: [
      { key: 'peersAlive', label: 'alive', colour: '--via-dht', dashed: false },
      { key: 'neighbours', label: 'neighbours', colour: '--via-zone', dashed: true },
    ],
  },
  {
    title: 'Sources that failed',
    unit: 'amount',
    lines: [{ key: 'blockFailures', label: 'times', colour: '--bad', dashed: false }],
  },
]

/** How the figures went, over an hour or a day. */
export function Plots({ series }: { series: Stats['series'] }) {
  const [span, setSpan] = useState<Span>('hour')
  const shown = series[span]
  return (
    <section aria-label="Over time">
      <fieldset className="chips spans">
        <legend className="unseen">Time</legend>
        {(Object.keys(SPANS) as Span[]).map((each) => (
          <button
            key={each}
            type="button"
            className="chip"
            aria-pressed={each === span}
            onClick={() => setSpan(each)}
          >
            {SPANS[each].label}
          </button>
        ))}
        <span className="soft small">one step is {shown.stepMs / 1000} s</span>
      </fieldset>
      <div className="plots">
        {PLOTS.map((drawn) => (
          <OnePlot key={drawn.title} drawn={drawn} series={shown} spanMs={SPANS[span].spanMs} />
        ))}
      </div>
      <LastValues series={shown} />
    </section>
  )
}

function OnePlot({ drawn, series, spanMs }: { drawn: Drawn; series: Series; spanMs: number }) {
  const { title, unit } = drawn
  const given = useMemo(
    () => ({
      times: timesOf(series),
      lines: drawn.lines.map(({ key, ...look }) => ({ ...look, values: valuesOf(series, key, unit) })),
      span: spanOf(series, spanMs),
    }),
    [drawn, series, spanMs, unit],
  )
  return <Plot title={title} unit={unit} {...given} />
}
