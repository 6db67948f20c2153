import type { Command } from 'commander'
import { formatBytes, formatDuration, formatRate } from '../../base/units.ts'
import type { UploadJson, UploadPeerJson, UploadsJson } from '../client/rest.ts'
import { examples, withClientOptions } from '../options.ts'
import type { Column } from '../output/table.ts'
import type { Act, ClientOptions, Handler } from '../session.ts'
import { pickPeer } from './pick-peer.ts'

const VERBS = {
  pause: 'do not serve a peer until it is resumed; what it asks for waits',
  resume: 'serve a paused or refused peer again',
  cancel: 'end what a peer fetches, and refuse it for 10 minutes',
} as const

export function addUploads(program: Command, act: Act): void {
  const uploads = program
    .command('uploads')
    .description('list who fetches from this node, and who waits for a turn; pause and refuse peers')
    .addHelpText(
      'after',
      examples(
        ['shoal uploads', 'who gets what, how fast, and who is next'],
        ['shoal uploads pause anna', 'anna waits until: shoal uploads resume anna'],
      ),
    )
  withClientOptions(
    uploads.command('list', { isDefault: true }).description('list all uploads (the default)'),
  ).action(act(list))
  for (const [verb, what] of Object.entries(VERBS))
    withClientOptions(
      uploads
        .command(verb)
        .description(`${what}; a restart of the node forgets it`)
        .argument('<peer>', 'PeerId, its beginning or end, or the name of the peer'),
    ).action(act(control(verb)))
}

const columns = (held: ReadonlySet<string>): Column<UploadJson>[] => [
  {
    title: 'STATE',
    value: ({ position, peerId }) =>
      held.has(peerId) ? 'paused' : position === undefined ? 'active' : `waits #${position}`,
  },
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

const list: Handler<ClientOptions> = async (session) => {
  const { print } = session
  const client = await session.client()
  const { slots, active, queued, paused = [] } = await client.json<UploadsJson>('GET', '/uploads')
  for (const row of active) print.row({ event: 'upload', state: 'active', ...row })
  for (const row of queued) print.row({ event: 'upload', state: 'waiting', ...row })
  for (const peer of paused) print.row({ event: 'peer', ...peer })
  const rows = [...active, ...queued]
  const held = new Set(paused.map(({ peerId }) => peerId))
  if (rows.length > 0) print.table(columns(held), rows)
  for (const peer of paused) print.line(heldLine(peer, session.io.clock.now()))
  if (!print.json) {
    const told = `${active.length} of ${slots} slots taken, ${queued.length} waiting.`
    print.note(rows.length > 0 ? told : 'Nobody fetches from here.', 'dim')
  }
  return undefined
}

const control =
  (verb: string): Handler<ClientOptions, [string]> =>
  async (session, _options, text) => {
    const client = await session.client()
    const { active, queued, paused = [] } = await client.json<UploadsJson>('GET', '/uploads')
    const fetching = [...active, ...queued].map(({ peerId, peerName }) => ({ peerId, name: peerName }))
    const { peerId } = pickPeer([...fetching, ...paused], text)
    const path = `/uploads/${encodeURIComponent(peerId)}/${verb}`
    const peer = await client.json<UploadPeerJson>('POST', path)
    session.print.row({ event: 'peer', ...peer })
    session.print.line(heldLine(peer, session.io.clock.now()))
    return undefined
  }

function heldLine({ peerId, name, state, untilMs }: UploadPeerJson, nowMs: number): string {
  const left = untilMs === undefined ? '' : ` for ${formatDuration(Math.max(0, untilMs - nowMs))}`
  return `${name || peerId}: ${state}${left}`
}

function turn(position: number | undefined, etaMs: number | undefined): string {
  if (position === undefined) return ''
  return etaMs === undefined ? '?' : `in ${formatDuration(etaMs)}`
}
