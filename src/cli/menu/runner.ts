import { ShoalError } from '../../base/errors.ts'
import type { CliIo, Sink, StopSignal } from '../io.ts'
import type { ExitCode } from '../session.ts'

/** The command line as a function: runs one command to its end. */
export type RunCli = (args: readonly string[], io: CliIo) => Promise<ExitCode>

/** Which node the commands are for: options that name it, and what of the environment is different for them. */
export interface NodeOptions {
  readonly args: readonly string[]
  readonly env: CliIo['env']
}

export interface Rows<Row> {
  readonly code: ExitCode
  readonly rows: Row[]
}

/** Rows that are kept of one command; further ones are dropped. */
const MAX_ROWS = 10_000

/** Runs commands of the command line for the menu, one at a time. Ctrl-C ends the command, not the menu. */
export class CommandRunner {
  readonly #io: CliIo
  readonly #run: RunCli
  #node: NodeOptions
  #listeners = new Set<(signal: StopSignal) => void>()
  #running: AbortController | undefined
  #wasInterrupted = false

  constructor(io: CliIo, run: RunCli) {
    this.#io = io
    this.#run = run
    this.#node = { args: [], env: io.env }
  }

  /** The node that all commands from now on are for. */
  use(node: NodeOptions): void {
    this.#node = node
  }

  get isRunning(): boolean {
    return this.#running !== undefined
  }

  /** Whether the last command was told to stop. */
  get wasInterrupted(): boolean {
    return this.#wasInterrupted
  }

  /**
   * Runs a command that speaks for itself, errors included.
   *
   * @param words the command, and its sub-command @param operands what it is about; may begin with dashes
   */
  async command(words: readonly string[], operands: readonly string[] = []): Promise<ExitCode> {
    return this.#call([...words, ...this.#node.args], operands, this.#io.stdout)
  }

  /** Runs a command for what it tells programs. Errors are told to the person all the same. */
  async rows<Row>(
    words: readonly string[],
    operands: readonly string[] = [],
    onRow: (row: Row) => void = () => {},
  ): Promise<Rows<Row>> {
    const rows: Row[] = []
    const stdout = lineSink((line) => {
      const row = JSON.parse(line) as Row & { event?: string }
      if (row.event === 'error' || rows.length >= MAX_ROWS) return
      rows.push(row)
      onRow(row)
    })
    const code = await this.#call([...words, '--json', ...this.#node.args], operands, stdout)
    return { code, rows }
  }

  /** Tells the command that runs to stop: as it wants to be told, else by ending what it waits for. */
  interrupt(signal: StopSignal): void {
    this.#wasInterrupted = true
    if (this.#listeners.size === 0) this.#running?.abort(interrupted())
    for (const listener of [...this.#listeners]) listener(signal)
  }

  async #call(args: readonly string[], operands: readonly string[], stdout: Sink): Promise<ExitCode> {
    return this.task((signal) => this.#run([...args, ...afterDashes(operands)], this.#ioOf(stdout, signal)))
  }

  /** Does something else than a command, that Ctrl-C ends in the same way. */
  async task<T>(work: (interrupted: AbortSignal) => Promise<T>): Promise<T> {
    this.#running = new AbortController()
    this.#wasInterrupted = false
    this.#listeners.clear()
    try {
      return await work(this.#running.signal)
    } finally {
      this.#running = undefined
    }
  }

  #ioOf(stdout: Sink, signal: AbortSignal): CliIo {
    return Object.create(this.#io, {
      stdout: { value: stdout },
      env: { value: this.#node.env },
      signal: { value: signal },
      // A command within the menu opens no menu, and ends no menu.
      tty: { value: undefined },
      exit: { value: () => this.#running?.abort(interrupted()) },
      onSignal: {
        value: (listener: (signal: StopSignal) => void) => {
          this.#listeners.add(listener)
          return () => this.#listeners.delete(listener)
        },
      },
    })
  }
}

const afterDashes = (operands: readonly string[]) => (operands.length > 0 ? ['--', ...operands] : [])

/** Hands on each line that is written to it. */
function lineSink(onLine: (line: string) => void): Sink {
  let rest = ''
  return {
    write(chunk) {
      const lines = `${rest}${chunk}`.split('\n')
      rest = lines.pop()!
      for (const line of lines) onLine(line)
    },
    async drained() {},
    terminal: false,
    colors: false,
    columns: undefined,
  }
}

const interrupted = () => new ShoalError('CANCELLED', 'Interrupted.')
