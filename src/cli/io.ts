import { once } from 'node:events'
import type { Readable, Writable } from 'node:stream'
import { isatty } from 'node:tty'
import { styleText } from 'node:util'
import { type Clock, systemClock } from '../base/clock.ts'

/** Where text goes to. */
export interface Sink {
  write(text: string | Buffer): void
  /** Waits until what was written is taken, as far as it is much. */
  drained(): Promise<void>
  /** A terminal that understands cursor movement. */
  readonly terminal: boolean
  /** Colours are wanted here: a terminal, and nobody set NO_COLOR. */
  readonly colors: boolean
  /** Width of the terminal now; undefined when it is none. */
  readonly columns: number | undefined
}

/** A terminal at which a person can be asked. */
export interface Tty {
  readonly input: Readable & { setRawMode?(raw: boolean): unknown }
  readonly output: Writable & { readonly columns?: number; readonly rows?: number }
}

export type StopSignal = 'SIGINT' | 'SIGTERM' | 'SIGHUP'

/** All that a command may touch of the process it runs in; tests hand in their own. */
export interface CliIo {
  readonly stdout: Sink
  readonly stderr: Sink
  /** What is piped in, read only when it is asked for. */
  readonly stdin: AsyncIterable<Uint8Array>
  /** Undefined when stdin or stdout is no terminal that understands cursor movement. */
  readonly tty: Tty | undefined
  /** Ends what a command waits for that does not listen to signals itself; undefined in a process that a signal ends anyway. */
  readonly signal?: AbortSignal | undefined
  readonly env: Record<string, string | undefined>
  readonly cwd: string
  readonly clock: Clock
  /** Listens to requests to stop, in place of dying of them, until the returned function is called. */
  onSignal(listener: (signal: StopSignal) => void): () => void
  /**
   * Opens a file with the user's browser. `file` writes it and tells its path; it is called only where there may be a browser.
   *
   * @returns false when there is none, or nobody would see it
   */
  openInBrowser(file: () => string): Promise<boolean>
  /** Ends the process at once. */
  exit(code: number): void
}

const STOP_SIGNALS: readonly StopSignal[] = ['SIGINT', 'SIGTERM', 'SIGHUP']

/** The real process. */
export function processIo(): CliIo {
  return {
    stdout: sink(process.stdout),
    stderr: sink(process.stderr),
    get stdin() {
      return process.stdin
    },
    get tty() {
      const isThere = isatty(0) && isatty(1) && process.env.TERM !== 'dumb'
      return isThere ? { input: process.stdin, output: process.stdout } : undefined
    },
    env: process.env,
    cwd: process.cwd(),
    clock: systemClock,
    onSignal(listener) {
      for (const signal of STOP_SIGNALS) process.on(signal, listener)
      return () => {
        for (const signal of STOP_SIGNALS) process.off(signal, listener)
      }
    },
    async openInBrowser(file) {
      const { browserCommand, launchBrowser } = await import('./browser.ts')
      const where = { platform: process.platform, env: process.env }
      return browserCommand('', where) !== undefined && launchBrowser(browserCommand(file(), where)!)
    },
    exit: (code) => process.exit(code),
  }
}

function sink(stream: NodeJS.WriteStream): Sink {
  // The reader of a pipe may leave early (`shoal ls | head`): that is its right and no error of ours. An output that
  // nobody reads any more has no further use, so the process ends.
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(process.exitCode ?? 0)
    // The terminal is gone. SIGHUP says so too, and what is under way ends as that wants it.
    if (error.code === 'EIO' && stream.isTTY) return
    throw error
  })
  return {
    write: (text) => void stream.write(text),
    async drained() {
      if (stream.writableNeedDrain) await once(stream, 'drain')
    },
    terminal: stream.isTTY === true && process.env.TERM !== 'dumb',
    // Node's own decision: NO_COLOR, FORCE_COLOR, NODE_DISABLE_COLORS, and whether it is a terminal.
    colors: styleText('bold', 'x', { stream }) !== 'x',
    get columns() {
      return stream.isTTY ? stream.columns : undefined
    },
  }
}
