import { type ManualClock, systemClock } from '../../src/base/clock.ts'
import type { CliIo, Sink, StopSignal } from '../../src/cli/io.ts'
import { runCli } from '../../src/cli/run.ts'

export interface CliRunOptions {
  env?: Record<string, string>
  cwd?: string
  /** Pretend that stdout and stderr are terminals of this width. */
  terminalColumns?: number
  colors?: boolean
  /** What is piped in. */
  stdin?: Uint8Array
  /** Stands for the browser; there is none otherwise. */
  openInBrowser?: (file: string) => boolean
  /** Time stands still and is moved by the test. */
  clock?: ManualClock
}

export interface CliResult {
  code: number
  stdout: string
  /** {@link stdout} byte by byte. */
  bytes: Buffer
  stderr: string
  /** The lines on stdout as JSON; read it only for runs with --json. */
  readonly lines: Record<string, unknown>[]
}

/** A command line that runs inside the test's own process. */
export interface CliRun {
  readonly done: Promise<CliResult>
  /** What came out so far. */
  readonly stdout: () => string
  signal(name: StopSignal): void
  /** Codes with which it wanted to end the process at once. */
  readonly exits: number[]
}

/** A process in which commands run, everything outside replaced. */
export interface FakeProcess {
  readonly io: CliIo
  readonly written: { readonly stdout: string; readonly stderr: string }
  /** What went to stdout, byte by byte. */
  readonly bytes: readonly Buffer[]
  signal(name: StopSignal): void
  readonly exits: number[]
}

export function fakeProcess(options: CliRunOptions = {}): FakeProcess {
  const written = { stdout: '', stderr: '' }
  const bytes: Buffer[] = []
  const listeners = new Set<(name: StopSignal) => void>()
  const exits: number[] = []
  const sink = (name: 'stdout' | 'stderr'): Sink => ({
    write: (text) => {
      written[name] += text
      if (name === 'stdout') bytes.push(Buffer.from(text))
    },
    drained: async () => {},
    terminal: options.terminalColumns !== undefined,
    colors: options.colors ?? false,
    columns: options.terminalColumns,
  })
  const io: CliIo = {
    stdout: sink('stdout'),
    stderr: sink('stderr'),
    stdin: pipeOf(options.stdin),
    env: options.env ?? {},
    cwd: options.cwd ?? '/',
    clock: options.clock ?? systemClock,
    onSignal(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    tty: undefined,
    openInBrowser: async (file) => options.openInBrowser?.(file()) ?? false,
    exit: (code) => exits.push(code),
  }
  const signal = (name: StopSignal) => {
    for (const listener of [...listeners]) listener(name)
  }
  return { io, written, bytes, signal, exits }
}

/** Starts `shoal ARGS` inside this process. */
export function startCli(args: readonly string[], options: CliRunOptions = {}): CliRun {
  const { io, written, bytes, signal, exits } = fakeProcess(options)
  const done = runCli(args, io).then((code) => ({
    code,
    ...written,
    bytes: Buffer.concat(bytes),
    get lines() {
      return parseLines(written.stdout)
    },
  }))
  return {
    done,
    stdout: () => written.stdout,
    signal,
    exits,
  }
}

async function* pipeOf(bytes: Uint8Array = new Uint8Array()): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 1000) yield bytes.subarray(at, at + 1000)
}

/** {@link startCli} and its end. */
export const runShoal = (args: readonly string[], options?: CliRunOptions): Promise<CliResult> =>
  startCli(args, options).done

/** NDJSON as objects; throws for a line that is none. */
export function parseLines(text: string): Record<string, unknown>[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line))
}
