import { resolve } from 'node:path'
import type { Command } from 'commander'
import { ShoalError } from '../../base/errors.ts'
import { formatBytes, formatDuration } from '../../base/units.ts'
import type { AddEvent, LeftOutJson } from '../client/rest.ts'
import { examples, withClientOptions } from '../options.ts'
import type { Act, ClientOptions, Handler, Session } from '../session.ts'

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
    let folder: (AddEvent & { event: 'added' }) | undefined
    const body = { path: resolve(io.cwd, path) }
    print.live(() => `reading ${body.path} …`)
    for await (const event of client.lines<AddEvent>('POST', '/library', { body })) {
      if (event.event === 'done') done = event
      else if (event.kind === 'folder') folder = event
      else {
        print.row(event)
        print.line(`${event.cid}  ${event.path}`)
      }
    }
    if (!done)
      throw new ShoalError('BAD_RESPONSE', 'The node ended its answer without saying that it is done.')
    sumUp(session, done, folder)
  }
  return undefined
}

/** The folder itself is the last on stdout: scripts take its CID from there. */
function sumUp(
  { print }: Session,
  { files, bytes, ms, leftOut = { count: 0, examples: [] } }: AddEvent & { event: 'done' },
  folder: (AddEvent & { event: 'added' }) | undefined,
): void {
  if (leftOut.count > 0) print.row({ event: 'leftOut', ...leftOut })
  if (folder) {
    print.row(folder)
    print.line(`${folder.cid}  ${folder.path}/`)
  }
  if (print.json) return
  const counted = files === 1 ? '1 file' : `${files} files`
  print.note(`${counted}, ${formatBytes(bytes)}, shared in ${formatDuration(ms)}.`, 'green')
  if (leftOut.count > 0) print.note(describeLeftOut(leftOut), 'yellow')
}

/** `3 left out: a/notes.txt~ (temporary name), a/.git (hidden), 1 more`. */
function describeLeftOut({ count, examples }: LeftOutJson): string {
  const named = examples.map(({ path, reason }) => `${path} (${reason})`)
  const more = count - examples.length
  return `${count} left out: ${[...named, ...(more > 0 ? [`${more} more`] : [])].join(', ')}`
}
