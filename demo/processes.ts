import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const MAIN = fileURLToPath(new URL('../src/cli/main.ts', import.meta.url))

/** How long a process may take to be ready, ms: far above the second it needs, for machines that are busy. */
const READY_MS = 30_000

export interface Ready {
  peerId: string
  http: string
  grpc: string
}

/** A node or index server in a process of its own, started through the command line as a user would. */
export interface Running extends Ready {
  name: string
  pid: number
  kill(signal: NodeJS.Signals): Promise<void>
}

export type JsonLine = Record<string, unknown>

/** All processes this demo started, so that none outlives it. */
const children = new Set<ChildProcess>()

function launch(args: string[], environment: NodeJS.ProcessEnv): ChildProcess {
  const child = spawn(process.execPath, [MAIN, ...args], {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  children.add(child)
  child.once('exit', () => children.delete(child))
  return child
}

export async function startProcess(
  name: string,
  args: string[],
  environment: NodeJS.ProcessEnv,
): Promise<Running> {
  const child = launch(args, environment)
  let errors = ''
  child.stderr!.setEncoding('utf8').on('data', (text: string) => {
    errors = (errors + text).slice(-4000)
  })
  const lines = createInterface({ input: child.stdout! })
  const first = await Promise.race([
    once(lines, 'line').then(([line]) => line as string),
    once(child, 'exit').then(() => undefined),
    new Promise<undefined>((resolve) => setTimeout(() => resolve(undefined), READY_MS).unref()),
  ])
  if (first === undefined) {
    child.kill('SIGKILL')
    throw new Error(`${name} did not start:\n${errors}`)
  }
  const ready = JSON.parse(first) as Ready
  return {
    ...ready,
    name,
    pid: child.pid!,
    async kill(signal) {
      if (child.exitCode !== null || child.signalCode !== null) return
      const exited = once(child, 'exit')
      child.kill(signal)
      await exited
    },
  }
}

export interface CommandOptions {
  environment: NodeJS.ProcessEnv
  /** Sees every line as it comes. */
  onLine?: (line: JsonLine) => void
}

export interface CommandResult {
  code: number
  lines: JsonLine[]
  errors: string
}

/** Runs one `shoal` command with --json to its end. */
export async function shoal(args: string[], { environment, onLine }: CommandOptions): Promise<CommandResult> {
  const child = launch([...args, '--json'], environment)
  const lines: JsonLine[] = []
  let errors = ''
  child.stderr!.setEncoding('utf8').on('data', (text: string) => {
    errors += text
  })
  const reader = createInterface({ input: child.stdout! })
  reader.on('line', (text) => {
    const line = JSON.parse(text) as JsonLine
    lines.push(line)
    onLine?.(line)
  })
  const [[code]] = await Promise.all([once(child, 'exit'), once(reader, 'close')])
  return { code: (code as number | null) ?? -1, lines, errors }
}

/** Ends what still runs: politely, then by force after five seconds. */
export async function stopAll(): Promise<void> {
  const gone = [...children].map((child) => once(child, 'exit'))
  for (const child of children) child.kill('SIGTERM')
  const force = setTimeout(() => {
    for (const child of children) child.kill('SIGKILL')
  }, 5000)
  await Promise.all(gone)
  clearTimeout(force)
}
