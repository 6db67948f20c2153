import type { Command } from 'commander'
import { ShoalError } from '../../base/errors.ts'
import type { QueryLogJson, SearchLogJson, StatsJson } from '../client/stats-json.ts'
import { examples, parseCount, withClientOptions } from '../options.ts'
import type { Act, ClientOptions, Handler, Session } from '../session.ts'
import { queryColumns, searchColumns, statsFacts } from './stats-text.ts'

interface StatsOptions extends ClientOptions {
  searches?: boolean
  queries?: boolean
  limit?: number
}

/** Most rows that the node keeps. */
const MAX_ROWS = 200
const DEFAULT_ROWS = 20

export function addStats(program: Command, act: Act): void {
  const command = program
    .command('stats')
    .description('show what the node has done since its start, and the last searches')
    .option('--searches', 'the last searches made at this node')
    .option('--queries', 'the last searches of others that this node answered or passed on')
    .option('--limit <n>', `rows of these, the newest first (default: ${DEFAULT_ROWS})`, parseCount)
  withClientOptions(command)
    .addHelpText(
      'after',
      examples(
        ['shoal stats', 'figures, and how the last hour went'],
        ['shoal stats --searches', 'what was looked for, who answered, and how long it took'],
        ['shoal stats --queries --limit 200', 'what others look for'],
      ),
    )
    .addHelpText('after', '\nThe queries of others are kept while the setting logQueries is on.')
    .action(act(stats))
}

const stats: Handler<StatsOptions> = async (session, options) => {
  if (options.searches && options.queries)
    throw new ShoalError('INVALID_ARGUMENT', 'Give one of --searches and --queries. See: shoal stats --help')
  const limit = Math.min(options.limit ?? DEFAULT_ROWS, MAX_ROWS)
  if (options.searches) await tellSearches(session, limit)
  else if (options.queries) await tellQueries(session, limit)
  else await tellFigures(session)
  return undefined
}

async function tellFigures({ print, client }: Session): Promise<void> {
  const all = await (await client()).json<StatsJson>('GET', '/stats')
  print.row({ event: 'stats', ...all })
  print.facts(statsFacts(all, print.columns))
}

async function tellSearches({ io, print, client }: Session, limit: number): Promise<void> {
  const query = { limit }
  const { searches } = await (await client()).json<SearchLogJson>('GET', '/stats/searches', { query })
  for (const row of searches) print.row({ event: 'search', ...row })
  if (searches.length > 0) print.table(searchColumns(io.clock.now()), searches)
  else if (!print.json) print.note('Nothing was looked for here since the node started.', 'dim')
}

async function tellQueries({ io, print, client }: Session, limit: number): Promise<void> {
  const query = { limit }
  const { queries } = await (await client()).json<QueryLogJson>('GET', '/stats/queries', { query })
  for (const row of queries) print.row({ event: 'query', ...row })
  if (queries.length > 0) print.table(queryColumns(io.clock.now()), queries)
  else if (!print.json)
    print.note(
      'No query of others is kept. They are while logQueries is on: shoal config get logQueries',
      'dim',
    )
}
