import type { Command } from 'commander'
import type { UnpushJson } from '../client/replica-rest.ts'
import { examples, withClientOptions } from '../options.ts'
import type { Act, ClientOptions, Handler } from '../session.ts'
import { pickOrder } from './replicas.ts'

export function addUnpush(program: Command, act: Act): void {
  const command = program
    .command('unpush')
    .description('have copies dropped that others keep; what is shared here stays')
    .argument('<content>', 'CID, its beginning, or name')
  withClientOptions(command)
    .addHelpText(
      'after',
      examples(['shoal unpush bafybeig…', 'those who are away are told once they are back']),
    )
    .action(act(unpush))
}

const unpush: Handler<ClientOptions, [string]> = async (session, _options, text) => {
  const { print } = session
  const client = await session.client()
  const path = `/replicas/${encodeURIComponent(await pickOrder(client, text))}`
  const { cid, told, untold } = await client.json<UnpushJson>('DELETE', path)
  print.row({ event: 'unpushed', cid, told, untold })
  const later = untold > 0 ? `, ${untold} to be told once ${untold === 1 ? 'it is' : 'they are'} back` : ''
  print.line(`${cid}: ended; ${told} told to drop ${told === 1 ? 'its copy' : 'their copies'}${later}`)
  return undefined
}
