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
    ['Reachability', reachability(all)],
    ...relay(all),
    ...privateNetwork(all),
    ['Data folder', all.dataDir],
    ['Shares', `${library.files} files, ${formatBytes(library.sizeBytes)}${hashing(all)}${damaged(all)}`],
    ['Downloads', `${downloads.active} running`],
    ['Uploads', `${uploads.active} of ${uploads.slots} slots, ${uploads.queued} waiting`],
    ['Peers', `${all.peers} known`],
    ['Network', network(all)],
    ['DHT', `${all.dht.mode}, ${counted(all.dht.contacts, 'contact')}`],
    ...copies(all),
    ...dialects(all),
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
  const peers = counted(neighbours, 'neighbour')
  const as = role === 'leaf' ? ', a leaf: others cannot call this node' : ''
  return `${peers}, ${where}, about ${size} ${size === 1 ? 'peer' : 'peers'} in all${as}`
}

function reachability({ reachability, relay: { reservations } }: StatusJson): string {
  switch (reachability) {
    case 'unknown':
      return 'not decided yet'
    case 'local':
      return 'knows nobody outside the local network; those inside can connect'
    case 'public':
      return 'others can connect'
    case 'private':
      return reservations.length > 0
        ? `others cannot connect; they come through ${counted(reservations.length, 'relay')}: ${reservations.join(', ')}`
        : 'others cannot connect, and there is no relay yet; see shoal doctor'
  }
}

function relay({ relay: { serving } }: StatusJson): [string, string][] {
  if (!serving) return []
  const { reservations, slots, connections, bytesToday, bytesPerDay } = serving
  const places = `${reservations} of ${slots} places taken, ${counted(connections, 'connection')}`
  return [
    [
      'Relay of others',
      `${places}, ${formatBytes(bytesToday)} of ${formatBytes(bytesPerDay)} in the last 24 h`,
    ],
  ]
}

function privateNetwork({ privateNetwork: joined }: StatusJson): [string, string][] {
  return joined ? [['Private network', `${joined.name}, fingerprint ${joined.fingerprint}`]] : []
}

function copies({ replicas }: StatusJson): [string, string][] {
  if (!replicas || replicas.ordered + replicas.kept === 0) return []
  const { ordered, short, kept, keptBytes } = replicas
  const ours = `${counted(ordered, 'order')}${short > 0 ? `, ${short} with too few copies` : ''}`
  return [['Copies', `${ours}; keeps ${kept} for others, ${formatBytes(keptBytes)}`]]
}

function dialects({ dialects: spoken = [] }: StatusJson): [string, string][] {
  return spoken.map(({ name, address, grpcAddress, calls, state }) => {
    const where = grpcAddress === undefined ? address : `${address}, gRPC ${grpcAddress}`
    const refused = calls.refused + calls.failed
    return [
      `Dialect ${name}`,
      `${where}; ${counted(calls.ok, 'call')}, ${refused} refused; ${JSON.stringify(state)}`,
    ]
  })
}

function counted(count: number, one: string): string {
  return `${count} ${one}${count === 1 ? '' : 's'}`
}

function damaged({ library: { damaged: count = 0 } }: StatusJson): string {
  return count === 0 ? '' : `; ${count} damaged and not shared, see shoal verify`
}

function hashing({ library: { hashing } }: StatusJson): string {
  if (!hashing) return ''
  const { files, bytesDone, bytesTotal } = hashing
  return `; reading ${files} more (${formatBytes(bytesDone)} of ${formatBytes(bytesTotal)})`
}
