import type { ShoalError } from '../base/errors.ts'
import type { Printer } from './output/printer.ts'
import type { ExitCode } from './session.ts'

/**
 * Tells an error: one line on stderr, and with --json an `error` event on stdout. An error inside Shoal comes with its
 * stack, so that it can be reported.
 *
 * @returns the exit code of the error
 */
export function reportError(error: ShoalError, print: Printer): ExitCode {
  print.note(`shoal: ${error.message}`, 'red')
  if (error.code === 'INTERNAL' && error.cause instanceof Error) {
    for (const line of error.cause.stack?.split('\n') ?? []) print.note(line, 'dim')
  }
  const { code, message, details } = error
  print.row({ event: 'error', code, message, ...(details && { details }) })
  return error.kind.exit
}
