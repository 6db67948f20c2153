import type { Command } from 'commander'
import type { KeptReplicaJson } from '../client/replica-rest.ts'
import { examples, withClientOptions } from '../options.ts'
import type { Act, ClientOptions, Handler } from '../session.ts'
import { explainAmbiguous } from './candidates.ts'
import { cidOf } from './stream.ts'

export function addPin(program: Command, act: Act): void {
  const command = program
    .command('pin')
    .description('keep something of others on purpose; it is fetched if it is not here')
    .argument('<target>', 'CID, link, or exact file name')
  withClientOptions(command)
    .addHelpText(
      'after',
      examples(
        ['shoal pin bafybeig…', 'until it is unpinned'],
        ["shoal pin 'shoal:bafkreig…?name=song.flac&peer=…'", 'from those whom the link names, too'],
        ['shoal replicas --kept', 'what is kept here'],
      ),
    )
    .action(act(pin))
}

const pin: Handler<ClientOptions, [string]> = async (session, _options, target) => {
  const { print } = session
  const client = await session.client()
  try {
    const found = await cidOf(client, target)
    const body = found.name ? { name: found.name } : {}
    const path = `/pins/${encodeURIComponent(found.cid)}`
    const kept = await client.json<KeptReplicaJson>('PUT', path, { body })
    print.row({ event: 'kept', ...kept })
    print.line(`${kept.name || kept.cid}: pinned${kept.state === 'fetching' ? ', is being fetched' : ''}`)
    return undefined
  } catch (error) {
    throw explainAmbiguous(print, error)
  }
}
