import { type Command, CommanderError } from 'commander'
import { ShoalError, toShoalError } from '../base/errors.ts'
import type { CliIo } from './io.ts'
import { Printer } from './output/printer.ts'
import { buildProgram } from './program.ts'
import { reportError } from './report.ts'
import { EXIT, type ExitCode, type Outcome } from './session.ts'

/**
 * Runs one command line (without interpreter and script) and tells the exit code. Every error ends here: one line on
 * stderr, and with --json an `error` event as the last line on stdout. Without arguments it is the menu at a terminal, else the help.
 */
export async function runCli(args: readonly string[], io: CliIo): Promise<ExitCode> {
  if (args.length === 0) {
    const { tty } = io
    if (tty) return (await import('./menu/menu.ts')).openMenu(io, tty, runCli)
  }
  const outcome: Outcome = { exitCode: EXIT.ok }
  const program = await buildProgram(io, outcome, args)
  try {
    await program.parseAsync(args, { from: 'user' })
    return outcome.exitCode
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return EXIT.ok
    // Help that was shown because no command was given.
    if (error instanceof CommanderError && error.code === 'commander.help') return EXIT.usage
    const known = error instanceof CommanderError ? usageError(error, program, args) : toShoalError(error)
    return reportError(known, new Printer(io, wantsJson(args)))
  }
}

/** `error: unknown option '--jsn'\n(Did you mean --json?)` as one line with a hint. */
function usageError(error: CommanderError, program: Command, args: readonly string[]): ShoalError {
  const message = error.message
    .replace(/^error: /, '')
    .replace(/\n\((Did you mean .*)\)$/, '. $1')
    .replaceAll('\n', ' ')
  const command = program.commands.find((each) => each.name() === args.find((arg) => !arg.startsWith('-')))
  const help = ['shoal', ...(command ? [command.name()] : []), '--help'].join(' ')
  const end = /[.?!]$/.test(message) ? '' : '.'
  return new ShoalError('INVALID_ARGUMENT', `${message}${end} See: ${help}`, { cause: error })
}

/** Whether the command line asks for JSON, even when it cannot be parsed. */
function wantsJson(args: readonly string[]): boolean {
  const end = args.indexOf('--')
  return args.slice(0, end < 0 ? undefined : end).includes('--json')
}
