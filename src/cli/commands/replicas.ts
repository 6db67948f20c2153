import type { Command } from 'commander'
import { ShoalError } from '../../base/errors.ts'
import type { NodeClient } from '../client/node-client.ts'
import type { KeptJson, ReplicaJson } from '../client/replica-rest.ts'
import { examples, withClientOptions } from '../options.ts'
import type { Act, ClientOptions, Handler, Session } from '../session.ts'
import { type KeptContent, pickCid } from './pick-cid.ts'
import { headOf, holderColumns, keptColumns, quotaText } from './replica-text.ts'

interface ReplicasOptions extends ClientOptions {
  kept?: true
  prove?: true
}

/** Orders asked for at once. */
const PAGE = 1000

export function addReplicas(program: Command, act: Act): void {
  const command = program
    .command('replicas')
    .description('who keeps copies of what, until when, and when that was last proved')
    .argument('[content]', 'CID, its beginning, or name (default: all)')
    .option('--kept', 'what this node keeps for others, and what is pinned')
    .option('--prove', 'ask each of those who keep it for a random block now')
  withClientOptions(command)
    .addHelpText(
      'after',
      examples(
        ['shoal replicas', 'all orders, with those who keep the copies'],
        ['shoal replicas thesis.pdf --prove', 'check the copies of one now'],
        ['shoal replicas --kept', 'what this node keeps for others, and how much it may'],
      ),
    )
    .action(act(replicas))
}

const replicas: Handler<ReplicasOptions, [string | undefined]> = async (session, { kept, prove }, text) => {
  if (kept && prove) throw new ShoalError('INVALID_ARGUMENT', 'Give one of --kept and --prove.')
  if (prove && text === undefined)
    throw new ShoalError('INVALID_ARGUMENT', 'Say what --prove is for: shoal replicas CID --prove')
  const client = await session.client()
  if (kept) return tellKept(session, client, text)
  const all = text === undefined ? await readReplicas(client) : await readOne(client, text, prove === true)
  all.forEach((view, i) => {
    tellReplica(session, view, i === 0)
  })
  if (all.length === 0 && !session.print.json)
    session.print.note('No copies are ordered. Order some with: shoal push', 'dim')
  return undefined
}

async function readOne(client: NodeClient, text: string, prove: boolean): Promise<ReplicaJson[]> {
  const path = `/replicas/${encodeURIComponent(await pickOrder(client, text))}`
  if (prove) return [await client.json<ReplicaJson>('POST', `${path}/prove`)]
  return (await client.json<{ replicas: ReplicaJson[] }>('GET', path)).replicas
}

/** The CID of the order that is meant. @throws ShoalError NOT_FOUND, AMBIGUOUS */
export const pickOrder = (client: NodeClient, text: string): Promise<string> =>
  pickCid(
    () => readReplicas(client),
    text,
    `There is no order of copies of ${text}. See all with: shoal replicas`,
  )

async function readReplicas(client: NodeClient): Promise<ReplicaJson[]> {
  const all: ReplicaJson[] = []
  let cursor: string | undefined
  do {
    const query = { limit: PAGE, cursor }
    const page = await client.json<{ replicas: ReplicaJson[]; cursor?: string }>('GET', '/replicas', {
      query,
    })
    all.push(...page.replicas)
    cursor = page.cursor
  } while (cursor !== undefined)
  return all
}

function tellReplica({ print, io }: Session, view: ReplicaJson, isFirst: boolean): void {
  print.row({ event: 'replica', ...view })
  print.line(headOf(view), view.live < view.wanted ? 'yellow' : 'green')
  if (view.reason) print.line(`  ${view.reason}`)
  if (view.holders.length > 0)
    print.table(holderColumns(io.clock.now(), view.sizeBytes), view.holders, isFirst && io.stdout.terminal)
}

async function tellKept(
  { print }: Session,
  client: NodeClient,
  text: string | undefined,
): Promise<undefined> {
  const kept = await client.json<KeptJson>('GET', '/kept')
  const { replicas, ...quota } = kept
  const cid = text === undefined ? undefined : await pickKept(replicas, text)
  const shown = cid === undefined ? replicas : replicas.filter((each) => each.cid === cid)
  if (text !== undefined && shown.length === 0) throw new ShoalError('NOT_FOUND', notKept(text))
  for (const each of shown) print.row({ event: 'kept', ...each })
  print.row({ event: 'quota', ...quota })
  if (shown.length > 0) print.table(keptColumns, shown)
  if (!print.json) print.note(quotaText(kept), 'dim')
}

/** The CID of what is kept here that is meant. @throws ShoalError NOT_FOUND, AMBIGUOUS */
export const pickKept = (kept: readonly KeptContent[], text: string): Promise<string> =>
  pickCid(async () => kept, text, notKept(text))

const notKept = (text: string) =>
  `${text} is not kept here for others, nor pinned. See all with: shoal replicas --kept`
