import { type Command, Option } from 'commander'
import { ShoalError } from '../../base/errors.ts'
import { linkSignals } from '../../base/signals.ts'
import { formatBytes, formatDuration } from '../../base/units.ts'
import type { NodeClient } from '../client/node-client.ts'
import { type CandidateJson, type DownloadJson, PRIORITIES } from '../client/rest.ts'
import { examples, parseSeconds, withClientOptions } from '../options.ts'
import { type Act, type ClientOptions, EXIT, type Handler, type Session } from '../session.ts'
import { shellQuoted } from '../shell-quoted.ts'
import { downloadError, followDownload, liveOf, progressOf } from './download-progress.ts'
import { outPath } from './out-path.ts'

interface GetOptions extends ClientOptions {
  out?: string
  /** ms */
  timeout?: number
  priority?: string
  sequential?: true
  mirror?: string[]
}

export function addGet(program: Command, act: Act): void {
  const command = program
    .command('get')
    .description('fetch a file or folder from everybody who has it; every block is verified')
    .argument('<target>', 'CID, link, or exact file name')
    .option('--out <path>', 'file to write, or folder to put it into (default: the downloads folder)')
    .addOption(
      new Option('--priority <priority>', 'which start first when several wait (default: normal)').choices(
        PRIORITIES,
      ),
    )
    .option('--sequential', 'from the beginning to the end, as for playing while it comes')
    .option(
      '--mirror <url>',
      'HTTP server that has the file too, or the files of the folder below this URL; may be repeated',
      (url: string, before: string[] | undefined) => [...(before ?? []), url],
    )
    .option('--timeout <seconds>', 'stop waiting after this long; the node goes on', parseSeconds)
  withClientOptions(command)
    .addHelpText(
      'after',
      examples(
        ["shoal get 'holiday.zip'", 'into the downloads folder'],
        ['shoal get bafybeig… --out .', 'into the folder where you are'],
        ['shoal get bafybeig… --out a.iso --json', 'progress as one JSON object a line'],
        ['shoal get bafybeig… --priority high --sequential', 'next, and in order'],
        ['shoal get bafybeig… --mirror https://example.org/a.iso', 'from peers and that server'],
      ),
    )
    .addHelpText(
      'after',
      '\nA file appears at its path only when it is whole and verified. Ctrl-C pauses the download.' +
        '\nExit status: 2 several files have this name, 3 nobody has it, 4 not done in time.',
    )
    .action(act(get))
}

const get: Handler<GetOptions, [string]> = async (session, options, target) => {
  const { io, print } = session
  const startedMs = io.clock.monotonic()
  const out = options.out === undefined ? undefined : outPath(options.out, io.cwd)
  const { priority, sequential, mirror: mirrors } = options
  const client = await session.client()
  using stop = linkSignals()
  const interruption = new ShoalError('CANCELLED', 'Interrupted.')
  const interrupt = () => {
    // Whoever is impatient with the pause gets out at once.
    if (stop.signal.aborted) io.exit(EXIT.error)
    stop.abort(interruption)
  }
  const unlisten = io.onSignal(interrupt)
  const timer =
    options.timeout === undefined
      ? undefined
      : io.clock.schedule(() => stop.abort(new ShoalError('TIMED_OUT')), options.timeout)
  let started: DownloadJson | undefined
  try {
    print.live(() => `asking for ${target} …`)
    started = await startDownload(client, { target, out, priority, sequential, mirrors }, stop.signal)
    for await (const view of followDownload(client, started.id, stop.signal)) {
      print.row(progressOf(view))
      print.live((columns) => liveOf(view, columns))
      if (view.state === 'done') return finished(session, view, io.clock.monotonic() - startedMs)
      const error = downloadError(view, session.sameNode)
      if (error) throw error
    }
    throw new ShoalError('UNAVAILABLE', 'The node stopped.')
  } catch (error) {
    const facts = { session, client, started, target, timeoutMs: options.timeout }
    throw error === interruption && started ? await paused(facts, started) : explain(error, facts)
  } finally {
    timer?.cancel()
    unlisten()
  }
}

async function startDownload(client: NodeClient, body: object, signal: AbortSignal): Promise<DownloadJson> {
  const download = await client.json<DownloadJson>('POST', '/downloads', { body, signal })
  if (download.state !== 'paused') return download
  return client.json<DownloadJson>('POST', `/downloads/${encodeURIComponent(download.id)}/resume`, { signal })
}

function finished({ print }: Session, view: DownloadJson, elapsedMs: number): undefined {
  const { cid, path, sources, dropped } = view
  const ms = Math.round(elapsedMs)
  print.row({ event: 'done', cid, path, bytes: view.sizeBytes, ms, sources, dropped })
  print.line(path)
  const peers = Object.keys(sources).length
  const from = peers === 0 ? '' : ` from ${peers === 1 ? '1 source' : `${peers} sources`}`
  print.note(`${formatBytes(view.sizeBytes)}${from} in ${formatDuration(ms)}, verified.`, 'green')
  for (const { peerId, reason } of dropped) print.note(`Source ${peerId} was dropped: ${reason}`, 'yellow')
}

interface Circumstances {
  session: Session
  client: NodeClient
  started: DownloadJson | undefined
  target: string
  timeoutMs: number | undefined
}

/** Pauses the download that the user interrupted, and says how to go on. */
async function paused({ session, client }: Circumstances, started: DownloadJson): Promise<ShoalError> {
  await client.json('POST', `/downloads/${encodeURIComponent(started.id)}/pause`)
  const advice = `Paused. Go on with: ${control(session, 'resume', started)}`
  return new ShoalError('CANCELLED', advice, { details: { id: started.id } })
}

/** The error with what to do next. */
function explain(error: unknown, { session, started, target, timeoutMs }: Circumstances): unknown {
  if (!(error instanceof ShoalError)) return error
  if (error.code === 'AMBIGUOUS') listCandidates(session, error)
  if (error.code === 'UNAVAILABLE' && started) {
    return new ShoalError('UNAVAILABLE', `${error.message} ${goesOn(session, target)}`, { cause: error })
  }
  if (error.code === 'TIMED_OUT' && timeoutMs !== undefined) {
    const late = `Not done within ${formatDuration(timeoutMs)}.`
    const advice = started
      ? ` The node goes on with it; follow it with: ${again(session, target)}; or stop it with: ${control(session, 'pause', started)}`
      : ''
    const details = started && { id: started.id }
    return new ShoalError('TIMED_OUT', `${late}${advice}`, { cause: error, ...(details && { details }) })
  }
  return error
}

function listCandidates({ print }: Session, error: ShoalError): void {
  const candidates = error.details?.candidates as CandidateJson[] | undefined
  for (const { cid, name, size, providers } of candidates ?? []) {
    print.note(`  ${cid}  ${formatBytes(size)}  ${providers} with it  ${name}`)
  }
}

const goesOn = (session: Session, target: string) =>
  `The download goes on where it was when the node runs again; follow it with: ${again(session, target)}`
const again = ({ sameNode }: Session, target: string) => `shoal get${sameNode} ${shellQuoted(target)}`
const control = ({ sameNode }: Session, verb: string, { id }: DownloadJson) =>
  `shoal downloads ${verb}${sameNode} ${id}`
