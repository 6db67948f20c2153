import { toShoalError } from '../../base/errors.ts'
import { formatDuration } from '../../base/units.ts'
import type { StopSignal } from '../io.ts'
import { reportError } from '../report.ts'
import { EXIT, type ExitCode, type Session } from '../session.ts'

/** The first line of `shoal start` and `shoal index`. */
export interface Ready {
  event: 'ready'
  peerId: string
  http: string
  grpc: string
  p2p: readonly string[]
  version: string
}

/** A server in this process that runs until it is stopped. */
export interface Running {
  readonly ready: Ready
  stop(): Promise<void>
}

export interface ServeOptions {
  /** More lines for people below the first ones, never shortened. */
  readonly lines?: (ready: Ready) => readonly string[]
  /** What is to be done when it runs. */
  readonly onReady?: (ready: Ready) => Promise<void>
}

/** A clean stop that takes longer is cut off, ms. Callers are promised 5 s, of which the rest of the exit needs a part. */
const STOP_LIMIT_MS = 4500
/** What is still open this long after the end does not hold the process up, ms. */
const LINGER_MS = 250

/**
 * Starts a server, says that it is ready, and keeps it until SIGINT, SIGTERM or SIGHUP, then stops it cleanly. A second signal
 * ends the process at once.
 */
export async function serve(
  session: Session,
  what: string,
  start: () => Promise<Running>,
  { lines, onReady }: ServeOptions = {},
): Promise<ExitCode> {
  const { io, print } = session
  const stopRequested = Promise.withResolvers<StopSignal>()
  let signals = 0
  const unlisten = io.onSignal((signal) => {
    signals++
    if (signals > 1) return io.exit(EXIT.error)
    stopRequested.resolve(signal)
    io.clock.schedule(() => {
      print.note(`shoal: not stopped within ${formatDuration(STOP_LIMIT_MS)}: ends now.`, 'red')
      io.exit(EXIT.error)
    }, STOP_LIMIT_MS)
  })
  // Timers of the node do not keep a process alive; a stop that waits for one must not end as a crash.
  const hold = setInterval(() => {}, 60_000)
  let code: ExitCode = EXIT.ok
  try {
    const running = await start()
    announce(session, what, running.ready)
    for (const line of lines?.(running.ready) ?? []) print.line(line)
    await onReady?.(running.ready)
    await stopRequested.promise
    if (!print.json) print.note('Stopping …', 'dim')
    await running.stop()
  } catch (error) {
    const exit = reportError(toShoalError(error), print)
    // What was not found or took too long inside a start is no answer to a question: it is a failed start.
    code = exit === EXIT.usage ? EXIT.usage : EXIT.error
  }
  clearInterval(hold)
  io.clock.schedule(() => io.exit(code), LINGER_MS)
  unlisten()
  return code
}

function announce({ print }: Session, what: string, ready: Ready): void {
  print.row(ready)
  print.line(`${what} ${ready.version} is running. Stop it with Ctrl-C.`, 'bold')
  print.facts([
    ['  PeerId', ready.peerId],
    ['  HTTP', ready.http],
    ['  gRPC', ready.grpc],
    ...ready.p2p.map((address) => ['  libp2p', address] as const),
  ])
}
