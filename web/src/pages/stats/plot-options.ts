import type uPlot from 'uplot'
import { markText, scaleOf, stepsOf, type Unit } from './plot-data.ts'

export interface Line {
  readonly label: string
  /** CSS variable of its colour. */
  readonly colour: string
  /** Drawn dashed: nothing is told by colour alone. */
  readonly dashed: boolean
  readonly values: readonly number[]
}

export interface PlotLook {
  readonly unit: Unit
  readonly width: number
  readonly lines: readonly Pick<Line, 'label' | 'colour' | 'dashed'>[]
  /** A colour of the page. */
  readonly colourOf: (name: string) => string
  /** What the plot spans, seconds since the Unix epoch. */
  readonly span: () => [number, number]
  /** The step that is pointed at; undefined when none is. */
  readonly onPoint: (index: number | undefined) => void
}

export const PLOT_HEIGHT = 190

/** How a plot looks and behaves; its legend is ours, with words. */
export function plotOptions({ unit, width, lines, colourOf, span, onPoint }: PlotLook): uPlot.Options {
  const soft = colourOf('--soft')
  const grid = { stroke: colourOf('--line'), width: 1 }
  const font = '12px system-ui, sans-serif'
  return {
    width,
    height: PLOT_HEIGHT,
    legend: { show: false },
    cursor: { drag: { x: false, y: false }, points: { size: 7 } },
    scales: {
      x: { range: span },
      y: { range: (_plot, _least, most) => scaleOf(most, unit) },
    },
    axes: [
      {
        ...{ stroke: soft, font, grid, ticks: grid, space: 70, size: 30 },
        values: (_plot, marks) => marks.map(clockText),
      },
      {
        ...{ stroke: soft, font, grid, ticks: grid, space: 36, size: unit === 'rate' ? 82 : 52 },
        incrs: stepsOf(unit),
        values: (_plot, marks) => marks.map((mark) => markText(mark, unit)),
      },
    ],
    series: [
      {},
      ...lines.map(({ label, colour, dashed }) => ({
        label,
        stroke: colourOf(colour),
        width: 2,
        points: { show: false },
        ...(dashed && { dash: [6, 4] }),
      })),
    ],
    hooks: { setCursor: [(plot) => onPoint(pointedAt(plot))] },
  }
}

/** The step nearest to the pointer; none before the first one, where the node did not run. */
function pointedAt({ cursor: { idx, left = -1 }, data: [times], posToVal }: uPlot): number | undefined {
  if (idx === null || idx === undefined || left < 0 || times.length === 0) return undefined
  const stepSeconds = times.length > 1 ? times[1]! - times[0]! : 0
  return posToVal(left, 'x') < times[0]! - stepSeconds ? undefined : idx
}

const clockText = (seconds: number): string =>
  new Date(seconds * 1000).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' })
