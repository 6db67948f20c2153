import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { parseLines } from './cli-run.ts'

const BIN = fileURLToPath(new URL('../../bin/shoal', import.meta.url))

/** A first line that has not come by then will not come, ms; start-up on a loaded machine takes a few seconds. */
const READY_MS = 60_000
/** No command of these tests may take longer, ms; with large files some take minutes. */
const COMMAND_MS = process.env.SHOAL_E2E_BIG === '1' ? 1_200_000 : 120_000

export interface Ending {
  code: number | null
  signal: NodeJS.Signals | null
}

/** The first line of a started server. */
export interface ReadyLine {
  event: 'ready'
  peerId: string
  http: string
  grpc: string
  p2p: string[]
  version: string
}

/** A `shoal start` or `shoal index` in a process of its own. */
export interface ShoalProcess {
  readonly pid: number
  readonly data: string
  readonly inside: readonly string[] | undefined
  readonly ready: ReadyLine
  readonly ended: Promise<Ending>
  /** What it logged so far. */
  readonly log: () => string
  /** SIGTERM, and its end. */
  stop(): Promise<Ending>
  /** SIGKILL, and its end. */
  kill(): Promise<Ending>
  send(signal: NodeJS.Signals): void
}

export interface CommandResult {
  code: number | null
  stdout: string
  stderr: string
  /** The lines on stdout as JSON; only for commands with --json. */
  readonly lines: Record<string, unknown>[]
}

export interface SpawnOptions {
  env: Record<string, string>
  cwd: string
  /** Put before the command, as `ip netns exec NAME`; the process is the command's own all the same. */
  inside?: readonly string[] | undefined
  /** Told of every process, so that none is left behind. */
  track(child: ChildProcess): void
}

/** Starts a server and waits for its first line; rejects with its log when it ends before. */
export async function startServer(
  args: string[],
  data: string,
  options: SpawnOptions,
): Promise<ShoalProcess> {
  const child = launch(args, options)
  const log = collect(child.stderr)
  const ended = endOf(child)
  const limit = deadline(child, READY_MS, () => `shoal ${args.join(' ')} was not ready in time:\n${log()}`)
  const early = ended.then(({ code, signal }) => {
    throw new Error(`shoal ${args.join(' ')} ended (${code ?? signal}) before it was ready:\n${log()}`)
  })
  const ready = await Promise.race([firstLine(child), early, limit.passed]).finally(limit.cancel)
  early.catch(() => {})
  const end = (signal: NodeJS.Signals) => {
    child.kill(signal)
    return ended
  }
  return {
    pid: child.pid!,
    data,
    inside: options.inside,
    ready,
    ended,
    log,
    stop: () => end('SIGTERM'),
    kill: () => end('SIGKILL'),
    send: (signal) => void child.kill(signal),
  }
}

/** Runs a command to its end. */
export async function runCommand(args: string[], options: SpawnOptions): Promise<CommandResult> {
  return startCommand(args, options).result
}

export interface RunningCommand {
  readonly result: Promise<CommandResult>
  /** Lines of JSON on stdout as they come. */
  readonly lines: AsyncIterable<Record<string, unknown>>
  send(signal: NodeJS.Signals): void
}

/** Starts a command whose lines are read while it runs. */
export function startCommand(args: string[], options: SpawnOptions): RunningCommand {
  const child = launch(args, options)
  const stdout = collect(child.stdout)
  const stderr = collect(child.stderr)
  const reader = createInterface({ input: child.stdout! })
  async function* lines() {
    for await (const line of reader) yield JSON.parse(line) as Record<string, unknown>
  }
  const said = () => `shoal ${args.join(' ')} did not end:\n${stdout()}${stderr()}`
  const limit = deadline(child, COMMAND_MS, said)
  const result = Promise.race([endOf(child), limit.passed])
    .finally(limit.cancel)
    .then(({ code }) => ({
      code,
      stdout: stdout(),
      stderr: stderr(),
      get lines() {
        return parseLines(stdout())
      },
    }))
  return { result, lines: lines(), send: (signal) => void child.kill(signal) }
}

function launch(args: string[], { env, cwd, inside, track }: SpawnOptions) {
  const [command, ...rest] = [...(inside ?? []), BIN, ...args] as [string, ...string[]]
  const child = spawn(command, rest, { env, cwd, stdio: ['ignore', 'pipe', 'pipe'] })
  track(child)
  return child
}

function collect(stream: NodeJS.ReadableStream): () => string {
  let text = ''
  stream.setEncoding('utf8')
  stream.on('data', (chunk: string) => {
    text += chunk
  })
  return () => text
}

async function firstLine(child: ChildProcess): Promise<ReadyLine> {
  const reader = createInterface({ input: child.stdout! })
  const [line] = (await once(reader, 'line')) as [string]
  const told = JSON.parse(line)
  if (told.event !== 'ready') throw new Error(`it said: ${line}`)
  return told
}

/** The end of a process and of its output. */
async function endOf(child: ChildProcess): Promise<Ending> {
  const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null]
  return { code, signal }
}

/** `passed` rejects after `ms`, and the process is killed then; nothing happens once it is cancelled. */
function deadline(child: ChildProcess, ms: number, message: () => string) {
  const { promise: passed, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => {
    reject(new Error(message()))
    child.kill('SIGKILL')
  }, ms)
  return { passed, cancel: () => clearTimeout(timer) }
}
