import type { Command } from 'commander'
import type { KeptJson } from '../client/replica-rest.ts'
import { examples, withClientOptions } from '../options.ts'
import type { Act, ClientOptions, Handler } from '../session.ts'
import { pickKept } from './replicas.ts'
import { looksLikeCid } from './rm.ts'

export function addUnpin(program: Command, act: Act): void {
  const command = program
    .command('unpin')
    .description('do not keep something on purpose any more; what no lease holds is deleted')
    .argument('<content>', 'CID, its beginning, or name')
  withClientOptions(command)
    .addHelpText('after', examples(['shoal unpin bafybeig…', 'what shoal pin has kept']))
    .action(act(unpin))
}

const unpin: Handler<ClientOptions, [string]> = async (session, _options, text) => {
  const { print } = session
  const client = await session.client()
  const cid = looksLikeCid(text)
    ? text
    : await pickKept((await client.json<KeptJson>('GET', '/kept')).replicas, text)
  await client.json('DELETE', `/pins/${encodeURIComponent(cid)}`)
  print.row({ event: 'unpinned', cid })
  print.line(`${cid}: not pinned any more`)
  return undefined
}
