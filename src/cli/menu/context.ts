import type { Tty } from '../io.ts'
import type { Printer } from '../output/printer.ts'
import type { Asker } from './asker.ts'
import type { CommandRunner } from './runner.ts'

/** What an entry of the menu works with. */
export interface MenuContext {
  readonly ask: Asker
  readonly run: CommandRunner
  readonly print: Printer
  readonly tty: Tty
  /** The person's home folder; undefined when not known. */
  readonly home: string | undefined
  /** Aborts when the menu is to end. */
  readonly signal: AbortSignal
}

/** One entry of the menu. */
export interface MenuEntry {
  readonly label: string
  readonly hint: string
  /** Does its work by running commands; returns to the menu whatever comes of it. */
  run(context: MenuContext): Promise<void>
}
