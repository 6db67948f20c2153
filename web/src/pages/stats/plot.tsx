import { useEffect, useRef, useState } from 'react'
import uPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'
import { markText, type Unit } from './plot-data.ts'
import { type Line, PLOT_HEIGHT, plotOptions } from './plot-options.ts'
import { colourOf, useTheme } from './theme.ts'

interface Props {
  title: string
  unit: Unit
  /** Seconds since the Unix epoch, one for each value. */
  times: readonly number[]
  lines: readonly Line[]
  /** What the plot spans, seconds since the Unix epoch. */
  span: readonly [number, number]
}

/** Lines over time. The values at the pointer, or the last ones, stand above it. */
export function Plot({ title, unit, times, lines, span }: Props) {
  const host = useRef<HTMLDivElement>(null)
  const plot = useRef<uPlot>(undefined)
  const latest = useRef({ times, lines, span })
  const [pointed, setPointed] = useState<number>()
  const theme = useTheme()
  latest.current = { times, lines, span }

  // biome-ignore lint/correctness/useExhaustiveDependencies: made anew for other colours, not for other values
  useEffect(() => {
    const within = host.current!
    const made = new uPlot(
      plotOptions({
        unit,
        lines,
        width: Math.max(1, within.clientWidth),
        colourOf: (name) => colourOf(within, name),
        span: () => [...latest.current.span],
        onPoint: setPointed,
      }),
      dataOf(latest.current),
      within,
    )
    plot.current = made
    const watch = new ResizeObserver(() =>
      made.setSize({ width: Math.max(1, within.clientWidth), height: PLOT_HEIGHT }),
    )
    watch.observe(within)
    return () => {
      watch.disconnect()
      made.destroy()
    }
  }, [theme, unit])
  // biome-ignore lint/correctness/useExhaustiveDependencies: another span is drawn, too
  useEffect(() => plot.current?.setData(dataOf({ times, lines })), [times, lines, span])

  const at = pointed !== undefined && pointed < times.length ? pointed : times.length - 1
  const shown = lines.map((line) => ({ ...line, text: valueText(line.values[at], unit) }))
  return (
    <figure className="card plot">
      <figcaption className="plot-head">
        <h2>{title}</h2>
        <span className="soft small nowrap">{at < 0 ? '' : timeText(times[at]!)}</span>
        <span className="plot-legend small">
          {shown.map(({ label, colour, dashed, text }) => (
            <span key={label} className="nowrap">
              <svg width="22" height="8" viewBox="0 0 22 8" aria-hidden="true">
                <line
                  className={dashed ? 'plot-key dashed' : 'plot-key'}
                  style={{ stroke: `var(${colour})` }}
                  x1="0"
                  x2="22"
                  y1="4"
                  y2="4"
                />
              </svg>{' '}
              {label} <strong>{text}</strong>
            </span>
          ))}
        </span>
      </figcaption>
      <div
        ref={host}
        className="plot-host"
        role="img"
        aria-label={`${title} over time. Last: ${lines.map((line) => `${line.label} ${valueText(line.values.at(-1), unit)}`).join(', ')}.`}
      />
    </figure>
  )
}

const dataOf = ({ times, lines }: Pick<Props, 'times' | 'lines'>): uPlot.AlignedData => [
  [...times],
  ...lines.map(({ values }) => [...values]),
]

const valueText = (value: number | undefined, unit: Unit): string =>
  value === undefined ? '–' : markText(unit === 'rate' ? Math.round(value) : value, unit)

const timeText = (seconds: number): string => new Date(seconds * 1000).toLocaleTimeString()
