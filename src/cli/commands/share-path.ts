import { linkSignals } from '../../base/signals.ts'
import { formatBytes } from '../../base/units.ts'
import type { NodeClient } from '../client/node-client.ts'
import type { AddEvent } from '../client/rest.ts'
import type { Session } from '../session.ts'

/**
 * Shares what is not shared yet, and reads again what has changed since.
 *
 * @returns the CID of the file or folder; undefined when the node told of none, or was interrupted
 */
export async function sharePath(
  { io, print }: Session,
  client: NodeClient,
  path: string,
): Promise<string | undefined> {
  let [files, bytes] = [0, 0]
  let file: string | undefined
  let folder: string | undefined
  using stop = linkSignals()
  const unlisten = io.onSignal(() => stop.abort())
  try {
    print.live(() => `reading ${path} …`)
    const options = { body: { path }, signal: stop.signal }
    for await (const event of client.lines<AddEvent>('POST', '/library', options)) {
      if (event.event !== 'added') continue
      if (event.kind === 'folder') {
        // Those inside come before it.
        folder = event.cid
        continue
      }
      file = event.cid
      files++
      bytes += event.size
      print.live(
        () => `reading ${path} … ${files === 1 ? '1 file' : `${files} files`}, ${formatBytes(bytes)}`,
      )
    }
  } finally {
    print.clearLive()
    unlisten()
  }
  return folder ?? file
}
