import type { Command } from 'commander'
import { formatBytes, formatDuration, formatRate } from '../../base/units.ts'
import type { UploadJson, UploadsJson } from '../client/rest.ts'
import { examples, withClientOptions } from '../options.ts'
import type { Column } from '../output/table.ts'
import type { Act, ClientOptions, Handler } from '../session.ts'

export function addUploads(program: Command, act: Act): void {
  const command = program
    .command('uploads')
    .description('list who fetches from this node, and who waits for a turn')
  withClientOptions(command)
    .addHelpText('after', examples(['shoal uploads', 'who gets what, how fast, and who is next']))
    .action(act(uploads))
}

const COLUMNS: Column<UploadJson>[] = [
  { title: 'STATE', value: ({ position }) => (position === undefined ? 'active' : `waits #${position}`) },
  { title: 'PEER', value: ({ peerName, peerId }) => peerName || peerId, shrinkTo: 10 },
  { title: 'SENT', value: ({ bytes }) => formatBytes(bytes), align: 'right' },
  {
    title: 'RATE',
    value: ({ position, rateBytesPerSecond }) =>
      position === undefined ? formatRate(rateBytesPerSecond) : '',
    align: 'right',
  },
  { title: 'TURN', value: ({ position, etaMs }) => turn(position, etaMs), align: 'right' },
  { title: 'NAME', value: ({ name, cid }) => name || cid, shrinkTo: 20 },
]

const uploads: Handler<ClientOptions> = async (session) => {
  const { print } = session
  const client = await session.client()
  const { slots, active, queued } = await client.json<UploadsJson>('GET', '/uploads')
  for (const row of active) print.row({ event: 'upload', state: 'active', ...row })
  for (const row of queued) print.row({ event: 'upload', state: 'waiting', ...row })
  const rows = [...active, ...queued]
  if (rows.length > 0) print.table(COLUMNS, rows)
  if (!print.json) {
    const told = `${active.length} of ${slots} slots taken, ${queued.length} waiting.`
    print.note(rows.length > 0 ? told : 'Nobody fetches from here.', 'dim')
  }
  return undefined
}

function turn(position: number | undefined, etaMs: number | undefined): string {
  if (position === undefined) return ''
  return etaMs === undefined ? '?' : `in ${formatDuration(etaMs)}`
}
