import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { isErrorCode, ShoalError } from '../../base/errors.ts'
import type { CliIo } from '../io.ts'

/** A node that the menu has started. */
export interface NodeChild {
  /** URL of its HTTP API. */
  readonly http: string
  /** True when it does not run any more. */
  readonly ended: boolean
  /** Ends it cleanly, and resolves when it has ended. */
  stop(): Promise<void>
}

/** A node that is not ready by then never will be, ms. */
const READY_MS = 60_000
/** A clean stop takes less, ms; the node itself promises 5 s. */
const STOP_MS = 8000

const BIN = fileURLToPath(new URL('../../../bin/shoal', import.meta.url))

/**
 * Starts `shoal start` beside this process, for the data folder that the environment names.
 *
 * @throws ShoalError what the node says why it does not start; TIMED_OUT; the signal's reason
 */
export async function startNodeChild(
  { env, cwd, clock }: Pick<CliIo, 'env' | 'cwd' | 'clock'>,
  signal: AbortSignal,
): Promise<NodeChild> {
  // In a group of its own: Ctrl-C at the terminal is for the menu, and must not end the node. On Windows no program runs `bin/shoal`.
  const program = process.platform === 'win32' ? [process.execPath, process.argv[1]!] : [BIN]
  const child = spawn(program[0]!, [...program.slice(1), 'start', '--json'], {
    env,
    cwd,
    detached: true,
    stdio: ['ignore', 'pipe', 'ignore'],
    windowsHide: true,
  })
  const exited = Promise.withResolvers<void>()
  let ended = false
  const onEnd = () => {
    ended = true
    exited.resolve()
  }
  child.on('exit', onEnd)
  child.on('error', onEnd)
  const stop = async () => {
    if (ended) return
    child.kill('SIGTERM')
    const timer = clock.schedule(() => child.kill('SIGKILL'), STOP_MS)
    await exited.promise
    timer.cancel()
  }
  const firstLine = Promise.withResolvers<unknown>()
  const reader = createInterface({ input: child.stdout })
  // All lines are read, though only the first says something new: a full pipe would hold the node up.
  reader.on('line', (line) => firstLine.resolve(parsed(line)))
  const early = new ShoalError('UNAVAILABLE', 'The node ended before it was ready.')
  void exited.promise.then(() => setImmediate(() => firstLine.reject(early)))
  const late = new ShoalError('TIMED_OUT', 'The node was not ready in time.')
  const timer = clock.schedule(() => firstLine.reject(late), READY_MS)
  const onAbort = () => firstLine.reject(signal.reason)
  signal.addEventListener('abort', onAbort)
  try {
    signal.throwIfAborted()
    const http = readyUrl(await firstLine.promise)
    return {
      http,
      get ended() {
        return ended
      },
      stop,
    }
  } catch (error) {
    await stop()
    throw error
  } finally {
    timer.cancel()
    signal.removeEventListener('abort', onAbort)
  }
}

/** The URL in the first line of a node. @throws ShoalError the error that it tells instead */
export function readyUrl(line: unknown): string {
  const { event, http, code, message } = (line ?? {}) as Record<string, unknown>
  if (event === 'ready' && typeof http === 'string') return http
  if (event === 'error' && isErrorCode(code))
    throw new ShoalError(code, typeof message === 'string' ? message : undefined)
  throw new ShoalError('BAD_RESPONSE', 'The node said something else than that it is ready.')
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}
