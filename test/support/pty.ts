import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { until } from './until.ts'

export interface PtyOptions {
  readonly env: Record<string, string>
  readonly cwd: string
  readonly columns: number
  readonly rows: number
}

/** A shell line that runs at a terminal of its own. */
export interface PtyProcess extends AsyncDisposable {
  /** All that was drawn so far, escapes included. */
  readonly drawn: () => string
  type(keys: string): void
  /** Resolves when what was drawn since the last call holds the text. */
  sees(text: string): Promise<void>
  /** Resolves with all that was drawn when it has ended. */
  readonly ended: Promise<string>
  /** Takes the terminal away, as when its window is closed. */
  hangUp(): void
}

const PYTHON = 'import pty, sys; pty.spawn(sys.argv[1:])'

/** What can make a terminal on this machine, as a function from a shell line to a command; undefined when there is nothing. */
export function ptyMaker(): ((line: string) => string[]) | undefined {
  const runs = (command: string, ...args: string[]) =>
    spawnSync(command, args, { timeout: 10_000 }).status === 0
  // That of util-linux; the BSD one takes no -c.
  if (runs('script', '-qefc', 'true', '/dev/null')) return (line) => ['script', '-qefc', line, '/dev/null']
  if (runs('python3', '-c', 'import pty')) return (line) => ['python3', '-c', PYTHON, 'sh', '-c', line]
  return undefined
}

/** Runs a shell line at a terminal of the given size. */
export function startInPty(make: (line: string) => string[], line: string, options: PtyOptions): PtyProcess {
  const { columns, rows, env, cwd } = options
  const [command, ...args] = make(`trap : INT; stty cols ${columns} rows ${rows}; ${line}`)
  const child = spawn(command!, args, { env: { TERM: 'xterm-256color', ...env }, cwd, stdio: 'pipe' })
  let drawn = ''
  child.stdout.setEncoding('utf8')
  child.stdout.on('data', (text: string) => {
    drawn += text
  })
  child.stdin.on('error', () => {})
  const closed = once(child, 'close')
  let seen = 0
  return {
    drawn: () => drawn,
    type: (keys) => void child.stdin.write(keys),
    async sees(text) {
      const look = () => {
        const at = drawn.indexOf(text, seen)
        return at < 0 ? undefined : at + text.length
      }
      seen = await until(`"${text}" on the terminal`, look).catch((error: Error) => {
        throw new Error(`${error.message}; it shows:\n${drawn.slice(seen)}`)
      })
    },
    ended: closed.then(() => drawn),
    hangUp: () => void child.kill('SIGKILL'),
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL')
      await closed
    },
  }
}
