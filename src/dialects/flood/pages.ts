import { createHash } from 'node:crypto'
import { escapeHtml } from '../../api/page/html.ts'

const STYLE = `body{font:1rem/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color-scheme:light dark}
input{font:inherit;width:100%;box-sizing:border-box}table{border-collapse:collapse;width:100%}td,th{text-align:left;padding:.2rem .6rem .2rem 0;overflow-wrap:anywhere}`

/** Asks, then looks for ten seconds whether there are answers. What others chose becomes text and nothing else. */
const SCRIPT = `const by=id=>document.getElementById(id);let turn=0
by('form').addEventListener('submit',async event=>{event.preventDefault();const mine=++turn
const say=text=>{by('state').textContent=text};by('hits').replaceChildren();say('Searching…')
try{const body=JSON.stringify({filename:by('name').value,filehash:by('hash').value.trim()})
const asked=await(await fetch('/init_query',{method:'POST',headers:{'content-type':'application/json'},body})).json()
if(!asked[0]?.QID)return say(asked.msg??'This did not work.')
for(let n=0;n<20&&mine===turn;n++){const[{results,msg}]=await(await fetch('/query_results/'+encodeURIComponent(asked[0].QID))).json()
by('hits').replaceChildren(...results.map(hit=>{const row=document.createElement('tr'),link=document.createElement('a')
link.href='http://'+hit.host+':'+hit.port+'/download/'+encodeURIComponent(hit.filename);link.textContent=hit.filename
for(const what of [link,hit.filehash,hit.host+':'+hit.port]){const cell=document.createElement('td');cell.append(what);row.append(cell)}
return row}));say(msg);await new Promise(done=>setTimeout(done,500))}}catch{say('The node cannot be reached.')}})`

const source = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`

export const PAGE_CSP = `default-src 'none'; script-src ${source(SCRIPT)}; style-src ${source(STYLE)}; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`

const page = (title: string, body: string) => `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title><style>${STYLE}</style></head>
<body><nav><a href="/">Search</a> <a href="/stats">Statistics</a></nav><h1>${title}</h1>
${body}</body></html>
`

export const SEARCH_PAGE = page(
  'Search',
  `<form id="form"><p><label>File name <input id="name" maxlength="255"></label></p>
<p><label>or SHA-256 <input id="hash" maxlength="64"></label></p><p><button>Search</button></p></form>
<p id="state" role="status"></p><table><thead><tr><th>File<th>SHA-256<th>Held by</tr></thead><tbody id="hits"></tbody></table>
<script>${SCRIPT}</script>`,
)

type Row = readonly (string | number)[]

export interface Stats {
  readonly peers: readonly { host: string; port: number; status: string; last_seen: string | null }[]
  readonly queries: readonly {
    filename: string
    hash: string
    timestamp: string
    responses: { length: number }
  }[]
}

export const statsPage = ({ peers, queries }: Stats): string =>
  page(
    'Statistics',
    `<h2>Peers</h2>${table(
      ['Peer', 'Status', 'Last seen'],
      peers.map(({ host, port, status, last_seen }) => [`${host}:${port}`, status, last_seen ?? 'never']),
    )}<h2>Queries</h2>${table(
      ['File', 'SHA-256', 'Asked', 'Answers'],
      queries.map(({ filename, hash, timestamp, responses }) => [
        filename,
        hash,
        timestamp,
        responses.length,
      ]),
    )}`,
  )

function table(titles: Row, rows: readonly Row[]): string {
  const line = (cells: Row, tag: string) =>
    `<tr>${cells.map((cell) => `<${tag}>${escapeHtml(String(cell))}</${tag}>`).join('')}</tr>`
  return `<table><thead>${line(titles, 'th')}</thead><tbody>${rows.map((row) => line(row, 'td')).join('')}</tbody></table>`
}
