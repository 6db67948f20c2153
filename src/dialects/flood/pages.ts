import { escapeHtml } from '../../api/page/html.ts'
import { plainPage, rowHtml, tableHtml } from '../../api/page/plain.ts'

/** Asks, then looks for ten seconds whether there are answers. What others chose becomes text and nothing else. */
export const SCRIPT = `const by=id=>document.getElementById(id),say=text=>{by('state').textContent=text};let turn=0
by('form').addEventListener('submit',async event=>{event.preventDefault();const mine=++turn;say('Searching…')
try{const body=JSON.stringify({filename:by('name').value,filehash:by('hash').value.trim()})
const asked=await(await fetch('/init_query',{method:'POST',headers:{'content-type':'application/json'},body})).json()
if(!asked[0]?.QID)return say(asked.msg)
for(let n=0;n<20&&mine===turn;n++){const[{results,msg}]=await(await fetch('/query_results/'+asked[0].QID)).json()
by('hits').replaceChildren(...results.map(hit=>{const row=document.createElement('li'),link=document.createElement('a')
link.href='http://'+hit.host+':'+hit.port+'/download/'+encodeURIComponent(hit.filename);link.textContent=hit.filename
row.append(link,' '+hit.filehash+' '+hit.host+':'+hit.port);return row}))
say(msg);await new Promise(done=>setTimeout(done,500))}}catch{say('The node cannot be reached.')}})`

export const SEARCH_PAGE = plainPage({
  title: 'Search',
  body: `<form id="form"><p><label>File name <input id="name" maxlength="255"></label>
<p><label>or SHA-256 <input id="hash" maxlength="64"></label><p><button>Search</button></form>
<p id="state" role="status"></p><ul id="hits"></ul><p><a href="/stats">Statistics</a></p>`,
  script: SCRIPT,
})

/** Lists of objects as tables: a column for each field. */
export function statsPage(stats: Readonly<Record<string, readonly object[]>>): string {
  const html = (value: unknown) => escapeHtml(Array.isArray(value) ? `${value.length}` : `${value}`)
  const tables = Object.entries(stats).map(([title, rows]) => {
    const head = rowHtml(Object.keys(rows[0] ?? {}).map(html), 'th')
    return `<h2>${html(title)}</h2>${tableHtml([head, ...rows.map((row) => rowHtml(Object.values(row).map(html)))])}`
  })
  return plainPage({ title: 'Statistics', body: `${tables.join('')}<p><a href="/">Search</a></p>` })
}
