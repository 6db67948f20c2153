import { Argument, type Command } from 'commander'
import { formatBytes, formatDuration, formatRate } from '../../base/units.ts'
import type { Method, NodeClient } from '../client/node-client.ts'
import { type BlockMapJson, type DownloadJson, PRIORITIES } from '../client/rest.ts'
import { examples, withClientOptions } from '../options.ts'
import type { Column } from '../output/table.ts'
import type { Act, ClientOptions, Handler, Session } from '../session.ts'
import { MAP_LEGEND, MAP_LINES, mapLines, mapSummary } from './block-map-text.ts'
import { pickDownload } from './pick-download.ts'

const VERBS = {
  pause: 'pause a download; what is there already stays',
  resume: 'go on with a paused or failed download',
  cancel: 'give up a download and remove its unfinished file',
} as const

const COLUMNS: Column<DownloadJson>[] = [
  { title: 'ID', value: ({ id }) => id.slice(0, 8) },
  { title: 'STATE', value: stateOf },
  {
    title: 'PRIORITY',
    value: ({ priority, sequential }) => (sequential ? `${priority}, sequential` : priority),
  },
  { title: 'DONE', value: percent, align: 'right' },
  {
    title: 'SIZE',
    value: ({ state, sizeBytes }) => (sizeBytes > 0 || state === 'done' ? formatBytes(sizeBytes) : '?'),
    align: 'right',
  },
  { title: 'RATE', value: rate, align: 'right' },
  { title: 'LEFT', value: ({ etaMs }) => (etaMs === undefined ? '' : formatDuration(etaMs)), align: 'right' },
  { title: 'NAME', value: ({ name }) => name, shrinkTo: 20 },
  { title: 'NOTE', value: ({ error }) => error?.message ?? '', shrinkTo: 10 },
]

const ID = 'id of the download or its beginning, its name, or its CID'

export function addDownloads(program: Command, act: Act): void {
  const downloads = program
    .command('downloads')
    .description('list downloads; pause, resume, cancel and rank them')
    .addHelpText(
      'after',
      examples(
        ['shoal downloads', 'all downloads, with places, rates and times'],
        ['shoal downloads pause 3f2a', 'pause the one whose id begins with 3f2a'],
        ['shoal downloads blocks 3f2a', 'which of its blocks are there'],
        ['shoal downloads priority bafybeig… high', 'the next one to start'],
      ),
    )
  withClientOptions(
    downloads.command('list', { isDefault: true }).description('list all downloads (the default)'),
  ).action(act(list))
  for (const [verb, what] of Object.entries(VERBS))
    withClientOptions(downloads.command(verb).description(what).argument('<id>', ID)).action(
      act(control(verb)),
    )
  withClientOptions(
    downloads
      .command('priority')
      .description('which start first of those that wait; none that runs is interrupted')
      .argument('<id>', ID)
      .addArgument(new Argument('<priority>', 'new priority').choices(PRIORITIES)),
  ).action(act(setPriority))
  withClientOptions(
    downloads
      .command('sequential')
      .description('fetch from the beginning to the end, as for playing, or not')
      .argument('<id>', ID)
      .addArgument(new Argument('[switch]', 'whether').choices(['on', 'off']).default('on')),
  ).action(act(setSequential))
  withClientOptions(
    downloads
      .command('remove')
      .description('take a download that has ended off the list; no finished file is deleted')
      .argument('<id>', ID),
  ).action(act(remove))
  withClientOptions(
    downloads
      .command('clear')
      .description('take all that have ended off the list; no finished file is deleted')
      .option('--state <states>', 'which: done, failed, cancelled, with commas', 'done,cancelled'),
  ).action(act(clear))
  withClientOptions(
    downloads
      .command('blocks')
      .description('draw which blocks of a download are there, and which are coming')
      .argument('<id>', ID),
  ).action(act(blocks))
}

const list: Handler<ClientOptions> = async (session) => {
  const { print } = session
  const downloads = inOrder(await readDownloads(await session.client()))
  for (const download of downloads) print.row({ event: 'download', ...download })
  if (downloads.length > 0) print.table(COLUMNS, downloads)
  else if (!print.json) print.note('There are no downloads.', 'dim')
  return undefined
}

const control =
  (verb: string): Handler<ClientOptions, [string]> =>
  async (session, _options, text) => {
    const download = await call(session, text, { method: 'POST', action: `/${verb}` })
    session.print.line(`${download.name}: ${stateOf(download)}`)
    return undefined
  }

const setPriority: Handler<ClientOptions, [string, string]> = async (session, _options, text, priority) => {
  const download = await call(session, text, { method: 'PATCH', body: { priority } })
  session.print.line(`${download.name}: ${download.priority} priority, ${stateOf(download)}`)
  return undefined
}

const setSequential: Handler<ClientOptions, [string, string]> = async (session, _options, text, wanted) => {
  const download = await call(session, text, { method: 'PATCH', body: { sequential: wanted === 'on' } })
  const how = download.sequential ? 'from the beginning to the end' : 'rare blocks first'
  session.print.line(`${download.name}: ${how}, ${stateOf(download)}`)
  return undefined
}

const remove: Handler<ClientOptions, [string]> = async (session, _options, text) => {
  const client = await session.client()
  const { id, name } = pickDownload(await readDownloads(client), text)
  await client.json('DELETE', `/downloads/${encodeURIComponent(id)}`)
  session.print.row({ event: 'removed', id })
  session.print.line(`${name}: removed from the list`)
  return undefined
}

const clear: Handler<ClientOptions & { state: string }> = async (session, { state }) => {
  const client = await session.client()
  const { removed } = await client.json<{ removed: number }>('DELETE', '/downloads', { query: { state } })
  session.print.row({ event: 'cleared', removed })
  session.print.line(`${removed} ${removed === 1 ? 'download' : 'downloads'} taken off the list`)
  return undefined
}

const blocks: Handler<ClientOptions, [string]> = async (session, _options, text) => {
  const { print } = session
  const client = await session.client()
  const { id, name } = pickDownload(await readDownloads(client), text)
  const columns = Math.max(10, print.columns ?? 80)
  const query = { cells: Math.min(4096, columns * MAP_LINES) }
  const map = await client.json<BlockMapJson>('GET', `/downloads/${encodeURIComponent(id)}/blocks`, { query })
  print.row({ event: 'blocks', id, ...map })
  for (const line of mapLines(map, columns)) print.line(line)
  if (!print.json)
    print.note(`${name}: ${mapSummary(map, formatBytes(map.blockSizeBytes))} ${MAP_LEGEND}`, 'dim')
  return undefined
}

/** Does something with the download that `text` names, and tells what it is then. */
async function call(
  session: Session,
  text: string,
  { method, action = '', body }: { method: Method; action?: string; body?: object },
): Promise<DownloadJson> {
  const client = await session.client()
  const { id } = pickDownload(await readDownloads(client), text)
  const path = `/downloads/${encodeURIComponent(id)}${action}`
  const download = await client.json<DownloadJson>(method, path, body && { body })
  session.print.row({ event: 'download', ...download })
  return download
}

async function readDownloads(client: NodeClient): Promise<DownloadJson[]> {
  return (await client.json<{ downloads: DownloadJson[] }>('GET', '/downloads')).downloads
}

/** Those that wait stand together in the order in which they start, where the first of them stood; the others stay. */
function inOrder(downloads: readonly DownloadJson[]): DownloadJson[] {
  const queue = downloads
    .filter(({ queuePosition }) => queuePosition !== undefined)
    .sort((a, b) => a.queuePosition! - b.queuePosition!)
  const first = downloads.findIndex(({ queuePosition }) => queuePosition !== undefined)
  const rest = downloads.filter(({ queuePosition }) => queuePosition === undefined)
  return first < 0 ? [...downloads] : [...rest.slice(0, first), ...queue, ...rest.slice(first)]
}

function stateOf({ state, queuePosition }: DownloadJson): string {
  return queuePosition === undefined ? state : `${state} #${queuePosition}`
}

function rate({ state, rateBytesPerSecond }: DownloadJson): string {
  return state === 'running' ? formatRate(rateBytesPerSecond) : ''
}

function percent({ doneBytes, sizeBytes, state }: DownloadJson): string {
  if (state === 'done') return '100 %'
  return sizeBytes > 0 ? `${Math.floor((doneBytes / sizeBytes) * 100)} %` : ''
}
