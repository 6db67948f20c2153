import type { Command } from 'commander'
import { ShoalError } from '../../base/errors.ts'
import { formatBytes } from '../../base/units.ts'
import type { NodeClient } from '../client/node-client.ts'
import type { DownloadJson } from '../client/rest.ts'
import { examples, withClientOptions } from '../options.ts'
import type { Column } from '../output/table.ts'
import type { Act, ClientOptions, Handler } from '../session.ts'

const VERBS = {
  pause: 'pause a download; what is there already stays',
  resume: 'go on with a paused or failed download',
  cancel: 'give up a download and remove its unfinished file',
} as const

const COLUMNS: Column<DownloadJson>[] = [
  { title: 'ID', value: ({ id }) => id.slice(0, 8) },
  { title: 'STATE', value: ({ state }) => state },
  { title: 'DONE', value: percent, align: 'right' },
  { title: 'SIZE', value: ({ sizeBytes }) => (sizeBytes > 0 ? formatBytes(sizeBytes) : '?'), align: 'right' },
  { title: 'NAME', value: ({ name }) => name, shrinkTo: 20 },
  { title: 'NOTE', value: ({ error }) => error?.message ?? '', shrinkTo: 10 },
]

export function addDownloads(program: Command, act: Act): void {
  const downloads = program
    .command('downloads')
    .description('list, pause, resume and cancel downloads')
    .addHelpText(
      'after',
      examples(
        ['shoal downloads', 'all downloads'],
        ['shoal downloads pause 3f2a', 'pause the one whose id begins with 3f2a'],
      ),
    )
  withClientOptions(
    downloads.command('list', { isDefault: true }).description('list all downloads (the default)'),
  ).action(act(list))
  for (const [verb, what] of Object.entries(VERBS)) {
    withClientOptions(
      downloads.command(verb).description(what).argument('<id>', 'id of the download, or its beginning'),
    ).action(act(control(verb)))
  }
}

const list: Handler<ClientOptions> = async (session) => {
  const { print } = session
  const downloads = await readDownloads(await session.client())
  for (const download of downloads) print.row({ event: 'download', ...download })
  if (downloads.length > 0) print.table(COLUMNS, downloads)
  else if (!print.json) print.note('There are no downloads.', 'dim')
  return undefined
}

const control =
  (verb: string): Handler<ClientOptions, [string]> =>
  async (session, _options, start) => {
    const client = await session.client()
    const { id } = pick(await readDownloads(client), start)
    const path = `/downloads/${encodeURIComponent(id)}/${verb}`
    const download = await client.json<DownloadJson>('POST', path)
    session.print.row({ event: 'download', ...download })
    session.print.line(`${download.name}: ${download.state}`)
    return undefined
  }

async function readDownloads(client: NodeClient): Promise<DownloadJson[]> {
  return (await client.json<{ downloads: DownloadJson[] }>('GET', '/downloads')).downloads
}

/**
 * The one download whose id is or begins with `start`.
 *
 * @throws ShoalError NOT_FOUND, AMBIGUOUS
 */
export function pick(downloads: readonly DownloadJson[], start: string): DownloadJson {
  const exact = downloads.find(({ id }) => id === start)
  if (exact) return exact
  const matches = downloads.filter(({ id }) => start !== '' && id.startsWith(start))
  if (matches.length === 0) {
    throw new ShoalError('NOT_FOUND', `There is no download ${start}. See all with: shoal downloads`)
  }
  if (matches.length > 1) {
    throw new ShoalError('AMBIGUOUS', `${matches.length} downloads begin with ${start}. Give more of the id.`)
  }
  return matches[0]!
}

function percent({ doneBytes, sizeBytes, state }: DownloadJson): string {
  if (state === 'done') return '100 %'
  return sizeBytes > 0 ? `${Math.floor((doneBytes / sizeBytes) * 100)} %` : ''
}
