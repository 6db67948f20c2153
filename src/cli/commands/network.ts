import type { Command } from 'commander'
import { ShoalError } from '../../base/errors.ts'
import type { NetworkFolder, NetworkView } from '../../node/network-folder.ts'
import { collectList, examples } from '../options.ts'
import type { Act, ClientOptions, Handler, Session } from '../session.ts'
import { dataFolder } from './server-options.ts'
import { showQr } from './show-qr.ts'

/** Far longer than any text of a network. */
const MAX_LINE_LENGTH = 65_536

interface NetworkOptions extends ClientOptions {
  allow?: string[]
  everybody?: boolean
  force?: boolean
  name?: string
  qr?: boolean
}

export function addNetwork(program: Command, act: Act): void {
  const network = program
    .command('network')
    .description('make, join and leave a private network, which only those with its key can see')
    .addHelpText(
      'after',
      examples(
        ['shoal network create --name home', 'a new network; prints the text by which others join'],
        ['shoal network join -', 'join: paste the text, so that it is not in the history of the shell'],
        ['shoal network show', 'the text again, and as a QR code'],
        ['shoal network allow 12D3Koo…', 'let in this peer, and from now on only those that are listed'],
        ['shoal network create --data /var/lib/shoal-index', 'for the index server on that folder'],
      ),
    )
  const add = (name: string, description: string) =>
    network
      .command(name)
      .description(description)
      .option(
        '--data <dir>',
        'data folder of the node or index server (default: $SHOAL_DATA, else the usual place)',
      )
      .option('--json', 'print one JSON object a line on stdout')
  const withEntry = (command: Command) =>
    command
      .option('--allow <peerid>', 'let in only these peers, more than once or with commas', collectList)
      .option('--force', 'replace the network that the folder is in')

  const withQr = (command: Command) =>
    command
      .option('--qr', 'print the QR code also where stdout is no terminal')
      .option('--no-qr', 'print no QR code')

  withQr(withEntry(add('create', 'make a new private network')))
    .option('--name <name>', 'name for people to know it by')
    .action(act(create))
  withEntry(add('join', 'join a private network'))
    .argument('<text>', 'text that its members see with: shoal network show; - reads it from stdin')
    .action(act(join))
  withQr(add('show', 'show the network, and the text by which others join')).action(act(show))
  add('leave', 'leave the network for the public one').action(act(leave))
  add('allow', 'let in these peers, and only those listed so')
    .argument('[peerid...]', 'PeerIds, as shoal id prints them')
    .option('--everybody', 'do away with the list: whoever has the key is let in')
    .action(act(allow))
  add('disallow', 'take peers off the list, and cut their connections')
    .argument('<peerid...>', 'PeerIds')
    .action(act(disallow))
}

const create: Handler<NetworkOptions> = async (session, options) => {
  const { DEFAULT_NETWORK_NAME } = await import('../../node/network-folder.ts')
  const folder = await folderOf(session, options)
  const { name = DEFAULT_NETWORK_NAME, allow = [], force = false } = options
  const view = await folder.create(name, allow, force)
  await tell(session, options, view)
  if (!session.print.json)
    session.print.note(
      'Others join with: shoal network join -   Whoever has the text is a member: keep it secret.',
      'dim',
    )
  return undefined
}

const join: Handler<NetworkOptions, [string]> = async (session, options, given) => {
  const folder = await folderOf(session, options)
  if (given === '-' && session.io.stderr.terminal)
    session.print.note('Paste the text of the network, then press Enter.', 'dim')
  const text = given === '-' ? await firstLine(session.io.stdin) : given
  const view = await folder.join(text, options.allow ?? [], options.force ?? false)
  await tell(session, { ...options, qr: false }, view)
  return undefined
}

const show: Handler<NetworkOptions> = async (session, options) => {
  const folder = await folderOf(session, options)
  await tell(session, options, await folder.show())
  return undefined
}

const leave: Handler<NetworkOptions> = async (session, options) => {
  const folder = await folderOf(session, options)
  const { restartNeeded } = await folder.leave()
  session.print.row({ event: 'network', name: null, restartNeeded })
  session.print.line('Left. What this folder shares is public from the next start on.')
  tellRestart(session, restartNeeded)
  return undefined
}

const allow: Handler<NetworkOptions, [string[]]> = async (session, options, peerIds) => {
  const { everybody = false } = options
  if (everybody === peerIds.length > 0)
    throw new ShoalError('INVALID_ARGUMENT', 'Give PeerIds, or --everybody.')
  const folder = await folderOf(session, options)
  tellList(session, everybody ? await folder.allowEverybody() : await folder.allow(peerIds))
  return undefined
}

const disallow: Handler<NetworkOptions, [string[]]> = async (session, options, peerIds) => {
  const folder = await folderOf(session, options)
  tellList(session, await folder.disallow(peerIds))
  return undefined
}

/** The first line, without its end; what was there when the input ends before. */
async function firstLine(input: AsyncIterable<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder()
  let text = ''
  for await (const chunk of input) {
    text += decoder.decode(chunk, { stream: true })
    if (text.includes('\n') || text.length > MAX_LINE_LENGTH) break
  }
  return text.split(/\r?\n/, 1)[0] ?? ''
}

async function folderOf({ io }: Session, options: NetworkOptions): Promise<NetworkFolder> {
  const { NetworkFolder } = await import('../../node/network-folder.ts')
  return new NetworkFolder(dataFolder(options, io), io.env)
}

async function tell(session: Session, { qr }: NetworkOptions, view: NetworkView): Promise<void> {
  const { print } = session
  print.row({ event: 'network', ...view })
  // First, so that it can be piped into join; and not in the table, which may shorten it.
  print.line(view.text)
  print.facts([
    ['Network', view.name],
    ['Fingerprint', view.fingerprint],
    ['Lets in', lets(view)],
  ])
  await showQr(session, view.text, qr)
  tellRestart(session, view.restartNeeded)
}

/** Without the text: who changes the list need not see the secret again. */
function tellList({ print }: Session, view: NetworkView): void {
  const { name, fingerprint, allow: allowed, restartNeeded } = view
  print.row({ event: 'network', name, fingerprint, allow: allowed, restartNeeded })
  print.line(`Lets in: ${lets(view)}`)
}

function tellRestart({ print }: Session, restartNeeded: boolean): void {
  if (restartNeeded && !print.json)
    print.note('A node runs on this folder. Restart it for this to take effect.', 'yellow')
}

const lets = ({ allow: allowed }: NetworkView): string =>
  allowed === null ? 'everybody who has the key' : allowed.join(', ')
