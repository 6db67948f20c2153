import { ShoalError } from '../../base/errors.ts'
import { linkSignals } from '../../base/signals.ts'
import { formatDuration } from '../../base/units.ts'
import type { NodeClient } from '../client/node-client.ts'
import type { TargetJson } from '../client/rest.ts'
import { EXIT, type Session } from '../session.ts'
import { explainAmbiguous } from './candidates.ts'
import { MAY_BE_AWAY } from './download-progress.ts'

/** What a CID, link or file name stands for. A link that says who has the content is opened, so that they are asked. */
export function cidOf(client: NodeClient, target: string, signal?: AbortSignal): Promise<TargetJson> {
  return /[?&]peer=/.test(target)
    ? client.json('POST', '/links', { body: { link: target }, signal })
    : client.json('GET', '/targets', { query: { target }, signal })
}

/**
 * Writes a file to stdout as the node reads it, block by block, and as fast as somebody takes it. Nothing is kept.
 *
 * @param timeoutMs until the end; undefined = as long as it takes
 * @throws ShoalError NOT_FOUND, NO_PROVIDERS, AMBIGUOUS; INVALID_ARGUMENT for a folder; UNAVAILABLE when it breaks off; TIMED_OUT, CANCELLED
 */
export async function streamContent(
  session: Session,
  target: string,
  timeoutMs: number | undefined,
): Promise<undefined> {
  const { io, print } = session
  if (io.stdout.terminal)
    throw new ShoalError(
      'INVALID_ARGUMENT',
      'What --stream writes is for a file or another program: shoal get --stream TARGET > FILE',
    )
  const client = await session.client()
  using stop = linkSignals()
  const unlisten = io.onSignal(() => {
    if (stop.signal.aborted) io.exit(EXIT.error)
    stop.abort(new ShoalError('CANCELLED', 'Interrupted.'))
  })
  const late = () => stop.abort(new ShoalError('TIMED_OUT', `Not done within ${formatDuration(timeoutMs!)}.`))
  const timer = timeoutMs === undefined ? undefined : io.clock.schedule(late, timeoutMs)
  try {
    const { cid } = await cidOf(client, target, stop.signal)
    for await (const bytes of client.content(cid, stop.signal)) {
      io.stdout.write(bytes)
      await io.stdout.drained()
      stop.signal.throwIfAborted()
    }
  } catch (error) {
    if (error instanceof ShoalError && error.code === 'NO_PROVIDERS')
      throw new ShoalError(error.code, `${error.message} ${MAY_BE_AWAY}`, { cause: error })
    throw explainAmbiguous(print, error)
  } finally {
    timer?.cancel()
    unlisten()
  }
}
