import type { Command } from 'commander'
import { formatBytes } from '../../base/units.ts'
import type { EntryJson, LibraryPage } from '../client/rest.ts'
import { examples, parseCount, withClientOptions } from '../options.ts'
import type { Column } from '../output/table.ts'
import type { Act, ClientOptions, Handler } from '../session.ts'

interface LsOptions extends ClientOptions {
  folders?: boolean
  limit?: number
}

/** Entries asked for at once. */
const PAGE = 1000

const COLUMNS: Column<EntryJson>[] = [
  { title: 'SIZE', value: ({ size }) => formatBytes(size), align: 'right' },
  { title: 'CID', value: ({ cid }) => cid },
  { title: 'PATH', value: ({ path, kind }) => (kind === 'folder' ? `${path}/` : path), shrinkTo: 24 },
]

export function addLs(program: Command, act: Act): void {
  const command = program
    .command('ls')
    .description('list what this node shares, or of that what has all these words')
    .argument('[words...]', 'words of names and paths; a * at the end of the last stands for more letters')
    .option('--folders', 'folders too')
    .option('--limit <n>', 'most entries wanted', parseCount)
  withClientOptions(command)
    .addHelpText(
      'after',
      examples(
        ['shoal ls', 'all shared files'],
        ['shoal ls holiday photos', 'only files with these words in name or path'],
        ['shoal ls --folders', 'with the CID of every folder'],
        ['shoal ls --json | jq -r .file', 'where they are on this machine'],
      ),
    )
    .action(act(ls))
}

const ls: Handler<LsOptions, [string[]]> = async (session, options, words) => {
  const { print } = session
  const client = await session.client()
  let left = options.limit ?? Number.POSITIVE_INFINITY
  const q = words.length > 0 ? words.join(' ') : undefined
  let cursor: string | undefined
  let first = true
  do {
    const query = { limit: Math.min(PAGE, left), folders: options.folders === true, cursor, q }
    const page = await client.json<LibraryPage>('GET', '/library', { query })
    const entries = page.entries.slice(0, left)
    for (const entry of entries) print.row({ event: 'added', ...entry })
    if (entries.length > 0) print.table(COLUMNS, entries, first ? undefined : false)
    first = false
    left -= entries.length
    cursor = page.cursor
  } while (cursor !== undefined && left > 0)
  return undefined
}
