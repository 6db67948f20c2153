import type { Command } from 'commander'
import { formatDuration } from '../../base/units.ts'
import type { PeerJson } from '../client/rest.ts'
import { examples, withClientOptions } from '../options.ts'
import type { Column } from '../output/table.ts'
import type { Act, ClientOptions, Handler } from '../session.ts'

export function addPeers(program: Command, act: Act): void {
  const command = program.command('peers').description('list the peers that this node knows')
  withClientOptions(command)
    .addHelpText('after', examples(['shoal peers', 'who is there, and when each was last seen']))
    .action(act(peers))
}

const peers: Handler<ClientOptions> = async (session) => {
  const { print, io } = session
  const client = await session.client()
  const { peers: rows } = await client.json<{ peers: PeerJson[] }>('GET', '/peers')
  for (const row of rows) print.row(row)
  const now = io.clock.now()
  if (rows.length > 0) print.table(columns(now), rows)
  else if (!print.json) print.note('No peers are known yet.', 'dim')
  return undefined
}

const columns = (nowMs: number): Column<PeerJson>[] => [
  { title: 'NAME', value: ({ name }) => name, shrinkTo: 10 },
  { title: 'PEER', value: ({ peerId }) => peerId },
  { title: 'ADDRESS', value: ({ addr }) => addr || '-' },
  { title: 'STATE', value: ({ state, neighbour }) => (neighbour ? `${state}, neighbour` : state) },
  { title: 'ROAD', value: ({ road }) => road },
  { title: 'ZONE', value: ({ zone }) => zone || '-' },
  {
    title: 'LATENCY',
    value: ({ latencyMs }) => (latencyMs === null ? '-' : formatDuration(latencyMs)),
    align: 'right',
  },
  {
    title: 'SEEN',
    value: ({ lastSeenMs }) =>
      lastSeenMs ? `${formatDuration(Math.max(0, nowMs - lastSeenMs))} ago` : 'never',
  },
]
