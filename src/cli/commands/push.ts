import { resolve } from 'node:path'
import { type Command, InvalidArgumentError } from 'commander'
import type { NodeClient } from '../client/node-client.ts'
import type { ReplicaJson } from '../client/replica-rest.ts'
import type { PeerJson } from '../client/rest.ts'
import { examples, parseSeconds, withClientOptions } from '../options.ts'
import type { Act, ClientOptions, Handler, Session } from '../session.ts'
import { followOrder } from './follow-order.ts'
import { pickPeer } from './pick-peer.ts'
import { copiesOf, dayOf } from './replica-text.ts'
import { looksLikeCid } from './rm.ts'
import { sharePath } from './share-path.ts'

interface PushOptions extends ClientOptions {
  replicas: number
  peer?: string[]
  /** Days. */
  for?: number
  zoneFirst?: true
  /** ms */
  timeout?: number
  wait: boolean
}

/** Most copies and days that a node takes. */
const [MAX_REPLICAS, MAX_DAYS] = [20, 3650]

const DEFAULT_REPLICAS = 3

/** How long somebody waits who says nothing of it, ms. */
const WAIT_MS = 60_000

export function addPush(program: Command, act: Act): void {
  const command = program
    .command('push')
    .description('have other peers keep copies of a file or folder, and wait until they do')
    .argument(
      '<path>',
      'file or folder, which is shared first; or the CID or link of something that is shared',
    )
    .option('--replicas <n>', 'copies that others keep', upTo(MAX_REPLICAS), DEFAULT_REPLICAS)
    .option(
      '--peer <peer>',
      'PeerId or name of a peer that is asked first; may be repeated',
      (peer: string, before: string[] | undefined) => [...(before ?? []), peer],
    )
    .option('--for <days>', 'after so many days the order ends (default: 30)', upTo(MAX_DAYS))
    .option('--zone-first', "ask the peer first that the zone of the name's rarest word names first")
    .option('--timeout <seconds>', 'wait so long for the copies (default: 60)', parseSeconds)
    .option('--no-wait', 'order them, and do not wait')
  withClientOptions(command)
    .addHelpText(
      'after',
      examples(
        ['shoal push thesis.pdf', 'three copies for 30 days'],
        ['shoal push ~/Photos --replicas 5 --for 365', 'of a folder, for a year'],
        ['shoal push bafybeig… --replicas 2 --peer ben', 'one of them with ben, if he will'],
        ['shoal replicas', 'who keeps what'],
      ),
    )
    .addHelpText(
      'after',
      '\nCopies that go are replaced, as long as the order lasts. Exit status: 1 nobody can be asked, 4 fewer copies than wanted so far; the order stays.',
    )
    .action(act(push))
}

const push: Handler<PushOptions, [string]> = async (session, options, given) => {
  const { print } = session
  const client = await session.client()
  const peers = await peerIds(client, options.peer ?? [])
  const target = await targetOf(session, client, given)
  const { replicas, for: days, zoneFirst } = options
  const body = { ...target, replicas, days, zoneFirst, ...(peers.length > 0 && { peers }) }
  const order = await client.json<ReplicaJson>('POST', '/replicas', { body })
  print.row({ event: 'pushed', ...order })
  if (options.wait) return followOrder(session, client, { order, timeoutMs: options.timeout ?? WAIT_MS })
  const { name, cid, live, wanted, expiresMs } = order
  print.line(`${name || cid}: ordered until ${dayOf(expiresMs)}, ${copiesOf(live, wanted)} there`)
  return undefined
}

/** What the node is asked to have copied: a path is shared first, with what it reads told meanwhile. */
async function targetOf(
  session: Session,
  client: NodeClient,
  given: string,
): Promise<{ cid: string } | { path: string }> {
  if (looksLikeCid(given) || isLink(given)) return { cid: given }
  const path = resolve(session.io.cwd, given)
  const cid = await sharePath(session, client, path)
  return cid === undefined ? { path } : { cid }
}

export const isLink = (text: string): boolean => /^(shoal|ipfs|magnet|https?):/i.test(text)

/** PeerIds are taken as they are, known here or not; names are those of known peers. @throws ShoalError NOT_FOUND, AMBIGUOUS */
async function peerIds(client: NodeClient, named: readonly string[]): Promise<string[]> {
  if (named.every(looksLikePeerId)) return [...named]
  const { peers } = await client.json<{ peers: PeerJson[] }>('GET', '/peers')
  return named.map((text) =>
    looksLikePeerId(text)
      ? text
      : pickPeer(peers, text, `No peer ${text} is known here. See all with: shoal peers`).peerId,
  )
}

/** An Ed25519 key as its PeerId is usually written; the node looks closer. */
const looksLikePeerId = (text: string): boolean => /^12D3KooW[1-9A-HJ-NP-Za-km-z]{44}$/.test(text)

function upTo(most: number): (text: string) => number {
  return (text) => {
    const value = /^\d{1,9}$/.test(text) ? Number(text) : 0
    if (value < 1 || value > most) throw new InvalidArgumentError(`Give a whole number from 1 to ${most}.`)
    return value
  }
}
