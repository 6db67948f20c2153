import { type Command, InvalidArgumentError, Option } from 'commander'
import type { LogLevel } from '../base/log.ts'
import { settingFromText } from '../base/setting-text.ts'
import { parseRate } from '../base/units.ts'
import { LOCATOR_NAMES } from '../discovery/locator.ts'

/** Written here once more, checked by the type: base/log.ts would load the logger for every command. */
const LOG_LEVELS: Record<LogLevel, true> = {
  trace: true,
  debug: true,
  info: true,
  warn: true,
  error: true,
  silent: true,
}

/** `--log-level` of the servers. */
export const logLevelOption = (): Option =>
  new Option('--log-level <level>', 'how much is logged to stderr').choices(Object.keys(LOG_LEVELS))

/** `--log-levels` of the servers: checked where the names of the modules are known. */
export const logLevelsOption = (): Option =>
  new Option('--log-levels <levels>', 'levels of single modules, such as transfer=debug,link=warn').argParser(
    (text) => settingFromText({ unit: 'logLevels' }, text),
  )

/** The options of every command that talks to a running node. */
export function withClientOptions(command: Command): Command {
  return command
    .option(
      '--node <url>',
      'HTTP address of the node (default: $SHOAL_NODE, else the one of the data folder)',
    )
    .option('--data <dir>', 'data folder of the node (default: $SHOAL_DATA, else the usual place)')
    .option('--json', 'print one JSON object a line on stdout')
}

/** Help text with examples below the options. */
export function examples(...lines: readonly (readonly [command: string, what: string])[]): string {
  const width = Math.max(...lines.map(([command]) => command.length))
  return `\nExamples:\n${lines.map(([command, what]) => `  ${command.padEnd(width)}   ${what}`).join('\n')}`
}

/** A port number; 0 = any free one. */
export function parsePort(text: string): number {
  return wholeNumber(text, 0, 65_535, 'Give a port: 0 to 65535, 0 for any free one.')
}

/** A count of at least 1. */
export function parseCount(text: string): number {
  return wholeNumber(text, 1, 1_000_000, 'Give a whole number, 1 or more.')
}

/** Seconds, fractions allowed, as ms. */
export function parseSeconds(text: string): number {
  const seconds = /^\d+(\.\d+)?$/.test(text) ? Number(text) : 0
  // A timer takes at most 2^31 - 1 ms; a month is enough for everybody.
  if (!(seconds > 0 && seconds <= 30 * 86_400)) throw new InvalidArgumentError('Give seconds, more than 0.')
  return Math.ceil(seconds * 1000)
}

/** A rate as bytes a second; 0 = no limit. */
export function parseLimit(text: string): number {
  const rate = parseRate(text)
  if (rate === undefined)
    throw new InvalidArgumentError('Give a rate, such as 5MiB/s or 40Mbit/s; none for no limit.')
  return rate
}

function wholeNumber(text: string, least: number, most: number, advice: string): number {
  const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN
  if (!(value >= least && value <= most)) throw new InvalidArgumentError(advice)
  return value
}

/** Collects `a,b` and repeated options into one list. */
export function collectList(text: string, before: readonly string[] | undefined): string[] {
  const parts = text.split(',').map((part) => part.trim())
  return [...(before ?? []), ...parts.filter((part) => part !== '')]
}

/** An option that takes names of locators, separated by commas or repeated. */
export function locatorsOption(flags: string, description: string, more: readonly string[] = []): Option {
  const known = [...LOCATOR_NAMES, ...more]
  return new Option(flags, description).choices(known).argParser((text, before: string[] | undefined) => {
    const list = collectList(text, before)
    const unknown = list.find((name) => !known.includes(name as never))
    if (unknown !== undefined) throw new InvalidArgumentError(`Give one or more of ${known.join(', ')}.`)
    return list
  })
}
