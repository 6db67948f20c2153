import { resolve } from 'node:path'
import type { Command } from 'commander'
import { ShoalError } from '../../base/errors.ts'
import { formatBytes, formatDuration } from '../../base/units.ts'
import type { AddEvent } from '../client/rest.ts'
import { examples, withClientOptions } from '../options.ts'
import type { Act, ClientOptions, Handler } from '../session.ts'

export function addAdd(program: Command, act: Act): void {
  const command = program
    .command('add')
    .description('share files or folders, and wait until others can find them')
    .argument('<paths...>', 'files or folders')
  withClientOptions(command)
    .addHelpText(
      'after',
      examples(
        ['shoal add song.flac', 'share one file'],
        ['shoal add ~/Music', 'share a folder; changes in it are followed'],
      ),
    )
    .action(act(add))
}

const add: Handler<ClientOptions, [string[]]> = async (session, _options, paths) => {
  const { print, io } = session
  const client = await session.client()
  for (const path of paths) {
    let done: (AddEvent & { event: 'done' }) | undefined
    const body = { path: resolve(io.cwd, path) }
    print.live(() => `reading ${body.path} …`)
    for await (const event of client.lines<AddEvent>('POST', '/library', { body })) {
      if (event.event === 'done') {
        done = event
        continue
      }
      print.row(event)
      print.line(`${event.cid}  ${event.kind === 'folder' ? `${event.path}/` : event.path}`)
    }
    if (!done)
      throw new ShoalError('BAD_RESPONSE', 'The node ended its answer without saying that it is done.')
    const files = done.files === 1 ? '1 file' : `${done.files} files`
    if (!print.json) {
      print.note(`${files}, ${formatBytes(done.bytes)}, shared in ${formatDuration(done.ms)}.`, 'green')
    }
  }
  return undefined
}
