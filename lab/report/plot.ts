import { axisTicks, type Scale, scaleOf } from './scale.ts'

/** A picture of a report: lines over a numeric axis, or bars over names. */
export interface Plot {
  /** File name without its end. */
  readonly name: string
  readonly title: string
  readonly xLabel: string
  readonly yLabel: string
  readonly kind: 'lines' | 'bars'
  readonly series: readonly Series[]
  /** Decades instead of even steps. */
  readonly logX?: boolean
  readonly logY?: boolean
  /** Top of the y axis; by default the greatest value. */
  readonly maxY?: number
}

export interface Series {
  readonly name: string
  /** x is a number for lines, a name for bars. */
  readonly points: readonly { readonly x: number | string; readonly y: number }[]
}

const WIDTH = 640
const HEIGHT = 360
const LEFT = 64
const RIGHT = 16
const TOP = 56
const BOTTOM = 48
/** Told apart by people who see few colours, and on white as on black. (Okabe and Ito.) */
const COLOURS = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#999999', '#b8860b']

/** The plot as an SVG document that is readable on light and dark pages. */
export function svgPlot(plot: Plot): string {
  const y = scaleOf(
    plot.series.flatMap(({ points }) => points.map((point) => point.y)),
    {
      log: plot.logY ?? false,
      max: plot.maxY,
      from: HEIGHT - BOTTOM,
      to: TOP,
    },
  )
  const body = plot.kind === 'lines' ? lines(plot, y) : bars(plot, y)
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${escaped(plot.title)}" font-family="system-ui, sans-serif" font-size="12">`,
    '<style>text{fill:#333}.grid{stroke:#8884;stroke-width:1}.axis{stroke:#888;stroke-width:1}@media(prefers-color-scheme:dark){text{fill:#ddd}}</style>',
    `<text x="${LEFT}" y="18" font-size="14" font-weight="600">${escaped(plot.title)}</text>`,
    ...legend(plot.series),
    ...yAxis(y, plot.yLabel),
    ...body,
    `<text x="${(LEFT + WIDTH - RIGHT) / 2}" y="${HEIGHT - 8}" text-anchor="middle">${escaped(plot.xLabel)}</text>`,
    '</svg>',
    '',
  ].join('\n')
}

function lines(plot: Plot, y: Scale): string[] {
  const xs = plot.series.flatMap(({ points }) => points.map((point) => Number(point.x)))
  const x = scaleOf(xs, { log: plot.logX ?? false, tight: true, from: LEFT + 16, to: WIDTH - RIGHT - 16 })
  const shown = [...new Set(xs)].sort((a, b) => a - b)
  const marks = shown.length <= 8 ? shown : axisTicks(x)
  const out = marks.map(
    (value) =>
      `<text x="${at(x.at(value))}" y="${HEIGHT - BOTTOM + 18}" text-anchor="middle">${short(value)}</text>`,
  )
  plot.series.forEach(({ points }, i) => {
    const placed = points.map((point) => `${at(x.at(Number(point.x)))},${at(y.at(point.y))}`)
    out.push(`<polyline points="${placed.join(' ')}" fill="none" stroke="${colour(i)}" stroke-width="2"/>`)
    for (const point of placed) {
      const [cx, cy] = point.split(',')
      out.push(`<circle cx="${cx}" cy="${cy}" r="3" fill="${colour(i)}"/>`)
    }
  })
  return out
}

function bars(plot: Plot, y: Scale): string[] {
  const names = [...new Set(plot.series.flatMap(({ points }) => points.map(({ x }) => String(x))))]
  const slot = (WIDTH - LEFT - RIGHT) / Math.max(1, names.length)
  const width = (slot * 0.8) / Math.max(1, plot.series.length)
  const out = names.map(
    (name, i) =>
      `<text x="${at(LEFT + (i + 0.5) * slot)}" y="${HEIGHT - BOTTOM + 18}" text-anchor="middle">${escaped(name)}</text>`,
  )
  plot.series.forEach(({ points }, i) => {
    for (const { x, y: value } of points) {
      const left = LEFT + names.indexOf(String(x)) * slot + slot * 0.1 + i * width
      const top = Math.min(y.at(value), HEIGHT - BOTTOM - 1)
      const height = HEIGHT - BOTTOM - top
      out.push(
        `<rect x="${at(left)}" y="${at(top)}" width="${at(width * 0.92)}" height="${at(height)}" fill="${colour(i)}"><title>${short(value)}</title></rect>`,
      )
    }
  })
  return out
}

function yAxis(y: Scale, label: string): string[] {
  const ticks = axisTicks(y).flatMap((value) => [
    `<line class="grid" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${at(y.at(value))}" y2="${at(y.at(value))}"/>`,
    `<text x="${LEFT - 6}" y="${at(y.at(value) + 4)}" text-anchor="end">${short(value)}</text>`,
  ])
  const middle = (TOP + HEIGHT - BOTTOM) / 2
  return [
    ...ticks,
    `<line class="axis" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${HEIGHT - BOTTOM}" y2="${HEIGHT - BOTTOM}"/>`,
    `<text transform="translate(14 ${middle}) rotate(-90)" text-anchor="middle">${escaped(label)}</text>`,
  ]
}

function legend(series: readonly Series[]): string[] {
  let x = LEFT
  return series.flatMap(({ name }, i) => {
    const left = x
    x += 26 + 7 * name.length
    return [
      `<rect x="${left}" y="30" width="10" height="10" fill="${colour(i)}"/>`,
      `<text x="${left + 15}" y="39">${escaped(name)}</text>`,
    ]
  })
}

const colour = (i: number) => COLOURS[i % COLOURS.length]!
const at = (value: number) => Number(value.toFixed(1)).toString()
const escaped = (text: string) => text.replace(/[&<>"]/g, (char) => `&#${char.charCodeAt(0)};`)

/** 12000 as 12k. */
function short(value: number): string {
  const of = (n: number, unit: string) => `${Number(n.toPrecision(3))}${unit}`
  if (value >= 1e6) return of(value / 1e6, 'M')
  return value >= 10_000 ? of(value / 1000, 'k') : of(value, '')
}
