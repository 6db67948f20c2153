import { type ManualClock, systemClock } from '../../src/base/clock.ts'
import type { CliIo, Sink, StopSignal } from '../../src/cli/io.ts'
import { runCli } from '../../src/cli/run.ts'

export interface CliRunOptions {
  env?: Record<string, string>
  cwd?: string
  /** Pretend that stdout and stderr are terminals of this width. */
  terminalColumns?: number
  colors?: boolean
  /** Time stands still and is moved by the test. */
  clock?: ManualClock
}

export interface CliResult {
  code: number
  stdout: string
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

/** Starts `shoal ARGS` inside this process, everything outside replaced. */
export function startCli(args: readonly string[], options: CliRunOptions = {}): CliRun {
  const written = { stdout: '', stderr: '' }
  const listeners = new Set<(name: StopSignal) => void>()
  const exits: number[] = []
  const sink = (name: 'stdout' | 'stderr'): Sink => ({
    write: (text) => {
      written[name] += text
    },
    terminal: options.terminalColumns !== undefined,
    colors: options.colors ?? false,
    columns: options.terminalColumns,
  })
  const io: CliIo = {
    stdout: sink('stdout'),
    stderr: sink('stderr'),
    env: options.env ?? {},
    cwd: options.cwd ?? '/',
    clock: options.clock ?? systemClock,
    onSignal(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    exit: (code) => exits.push(code),
  }
  const done = runCli(args, io).then((code) => ({
    code,
    ...written,
    get lines() {
      return parseLines(written.stdout)
    },
  }))
  return {
    done,
    stdout: () => written.stdout,
    signal: (name) => {
      for (const listener of [...listeners]) listener(name)
    },
    exits,
  }
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
