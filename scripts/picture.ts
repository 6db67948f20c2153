// Draws docs/img/demo.svg: what `npm run demo` prints, as a terminal shows it. Runs the demo for it.
import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const CHAR_WIDTH = 8.4
const LINE_HEIGHT = 20
const MARGIN = 20
const COLUMNS = 108
const COLOURS: Record<string, string> = { '31': '#ff7b72', '32': '#56d364', '36': '#56c8d8' }

const escapeXml = (text: string) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')

/** One line with ANSI colours as tspans. */
function line(text: string, row: number): string {
  let colour = '#d6dde6'
  const spans: string[] = []
  for (const part of text.split(/(\u001b\[\d+m)/)) {
    const code = /^\u001b\[(\d+)m$/.exec(part)?.[1]
    if (code) colour = COLOURS[code] ?? '#d6dde6'
    else if (part) spans.push(`<tspan fill="${colour}">${escapeXml(part)}</tspan>`)
  }
  return `<text x="${MARGIN}" y="${MARGIN + 44 + row * LINE_HEIGHT}" xml:space="preserve">${spans.join('')}</text>`
}

/** Breaks lines that are longer than the picture is wide; colours span whole lines in the demo's output. */
function wrap(text: string): string[] {
  if (text.length <= COLUMNS + 12) return [text]
  const cut = text.lastIndexOf(' ', COLUMNS)
  return [text.slice(0, cut), ...wrap(`    ${text.slice(cut + 1)}`)]
}

const { stdout, status } = spawnSync(process.execPath, ['demo/main.ts'], {
  cwd: root,
  encoding: 'utf8',
  env: { ...process.env, FORCE_COLOR: '1' },
})
if (status !== 0) throw new Error(`the demo failed:\n${stdout}`)
const lines = ['$ npm run demo', ...stdout.trimEnd().split('\n')].flatMap(wrap)
const width = MARGIN * 2 + COLUMNS * CHAR_WIDTH
const height = MARGIN * 2 + 34 + lines.length * LINE_HEIGHT
writeFileSync(
  `${root}docs/img/demo.svg`,
  `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-label="Output of npm run demo">
<rect width="100%" height="100%" rx="10" fill="#12171d"/>
<circle cx="24" cy="22" r="6" fill="#ff5f57"/><circle cx="44" cy="22" r="6" fill="#febc2e"/><circle cx="64" cy="22" r="6" fill="#28c840"/>
<g font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace" font-size="14">
${lines.map(line).join('\n')}
</g>
</svg>
`,
)
