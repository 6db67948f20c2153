import type { Command } from 'commander'
import { formatBytes, formatDuration } from '../../base/units.ts'
import type { StatusJson } from '../client/rest.ts'
import { examples, withClientOptions } from '../options.ts'
import type { Act, ClientOptions, Handler } from '../session.ts'

export function addStatus(program: Command, act: Act): void {
  const command = program.command('status').description('show what the node is and does')
  withClientOptions(command)
    .addHelpText(
      'after',
      examples(['shoal status', 'the node at a glance'], ['shoal status --json', 'all of it']),
    )
    .action(act(status))
}

const status: Handler<ClientOptions> = async (session) => {
  const { print } = session
  const client = await session.client()
  const all = await client.json<StatusJson>('GET', '/status')
  print.row({ event: 'status', ...all })
  const { library, downloads, uploads } = all
  print.facts([
    ['Name', all.name],
    ['PeerId', all.peerId],
    ['Version', `${all.version}, up for ${formatDuration(all.uptimeMs)}`],
    ['HTTP', all.http],
    ['gRPC', all.grpc ?? 'off'],
    ['Reachable at', all.addresses.join(', ') || '-'],
    ['Data folder', all.dataDir],
    ['Shares', `${library.files} files, ${formatBytes(library.sizeBytes)}${hashing(all)}`],
    ['Downloads', `${downloads.active} running`],
    ['Uploads', `${uploads.active} of ${uploads.slots} slots, ${uploads.queued} waiting`],
    ['Peers', `${all.peers} known`],
    ['Network', network(all)],
    ...Object.entries(all.locators).map(
      ([name, state]) => [`Locator ${name}`, JSON.stringify(state)] as const,
    ),
  ])
  return undefined
}

function network({ network: joined }: StatusJson): string {
  if (!joined) return 'off'
  const { role, neighbours, zone, zoneSize, size } = joined
  const where = zone === '' ? 'one zone' : `zone ${zone} of ${zoneSize}`
  const peers = neighbours === 1 ? '1 neighbour' : `${neighbours} neighbours`
  const as = role === 'leaf' ? ', a leaf: others cannot call this node' : ''
  return `${peers}, ${where}, about ${size} ${size === 1 ? 'peer' : 'peers'} in all${as}`
}

function hashing({ library: { hashing } }: StatusJson): string {
  if (!hashing) return ''
  const { files, bytesDone, bytesTotal } = hashing
  return `; reading ${files} more (${formatBytes(bytesDone)} of ${formatBytes(bytesTotal)})`
}
