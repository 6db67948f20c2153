import { createHash } from 'node:crypto'
import { escapeHtml } from './html.ts'

const STYLE = `:root{color-scheme:light dark;font:16px/1.5 system-ui,sans-serif}
body{max-width:60rem;margin:2rem auto;padding:0 1rem}
h1{font-size:1.25rem;overflow-wrap:anywhere}
table{width:100%;border-collapse:collapse}
td{padding:.25rem .5rem;border-top:1px solid #8884}
td:first-child{overflow-wrap:anywhere;white-space:pre-wrap}
td:last-child{text-align:right;white-space:nowrap}
code{font-size:.85em;overflow-wrap:anywhere}`

const source = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`

/** The content security policy of plain pages: their own style and script, which may call where the page came from, and nothing else. */
export function plainPolicy(script?: string): string {
  const scripts = script === undefined ? '' : `script-src ${source(script)}; connect-src 'self'; `
  return `default-src 'none'; style-src ${source(STYLE)}; ${scripts}base-uri 'none'; form-action 'none'; frame-ancestors 'none'`
}

/** Of a plain page that has this script or none. */
export const plainHeaders = (script?: string) => ({
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy': plainPolicy(script),
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
})

/** A page by itself, with nothing from elsewhere; `body` and `script` are taken as they are. */
export function plainPage({ title, body, script }: { title: string; body: string; script?: string }): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<h1>${escapeHtml(title)}</h1>
${body}${script === undefined ? '' : `<script>${script}</script>\n`}</body>
</html>
`
}

/** A row of a table: its cells as HTML. */
export const rowHtml = (cells: readonly string[], tag: 'td' | 'th' = 'td'): string =>
  `<tr>${cells.map((cell) => `<${tag}>${cell}</${tag}>`).join('')}</tr>`

/** A table; `rows` are of HTML. */
export const tableHtml = (rows: readonly string[]): string =>
  `<table><tbody>\n${rows.join('\n')}\n</tbody></table>\n`
