import type { Command } from 'commander'
import type { StatusJson } from '../client/rest.ts'
import { examples, withClientOptions } from '../options.ts'
import type { Act, ClientOptions, Handler } from '../session.ts'

export function addId(program: Command, act: Act): void {
  const command = program.command('id').description('print the PeerId of the node')
  withClientOptions(command)
    .addHelpText(
      'after',
      examples(['shoal id', 'the PeerId'], ['shoal id --json', 'with name and addresses']),
    )
    .action(act(id))
}

const id: Handler<ClientOptions> = async (session) => {
  const { print } = session
  const client = await session.client()
  const { peerId, name, version, addresses, p2p } = await client.json<StatusJson>('GET', '/status')
  print.row({ event: 'id', peerId, name, version, addresses, p2p })
  print.line(peerId)
  return undefined
}
