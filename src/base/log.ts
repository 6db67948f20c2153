import { type Logger as PinoLogger, pino } from 'pino'
import pretty from 'pino-pretty'
import { printable, printableJson } from './printable.ts'

/** Structured logging: `log.info({ peerId }, 'peer joined')`. Libraries of Shoal get a child named after them. */
export type Logger = PinoLogger

export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'silent'] as const
export type LogLevel = (typeof LOG_LEVELS)[number]

/** Names that children have as their `module`: what levels can be set for. A test holds them against the children there are. */
export const LOG_MODULES = [
  ...[
    'announcer',
    'api',
    'dht-locator',
    'dialects',
    'discovery',
    'fabric',
    'flood',
    'hashing',
    'index',
    'index-api',
  ],
  ...['index-locator', 'kv', 'library', 'link', 'peers', 'replication', 'storage', 'transfer', 'wishes'],
] as const
export type LogModule = (typeof LOG_MODULES)[number]

export interface LogOptions {
  level: LogLevel
  /** Lines for people instead of JSON. */
  pretty?: boolean
}

/**
 * A logger that writes to stderr: stdout belongs to results. Names and messages of others are in what is logged, and a terminal may be what reads it: so
 * nothing leaves here that a terminal acts upon.
 *
 * @param fd where to, for tests
 */
export function createLogger({ level, pretty: forPeople = false }: LogOptions, fd = 2): Logger {
  const lines = forPeople
    ? pretty({ destination: fd, sync: true, ignore: 'pid,hostname,module', messageFormat: '{module}: {msg}' })
    : pino.destination({ dest: fd, sync: true })
  const clean = forPeople ? cleanValues : printableJson
  const destination = { write: (line: string) => void lines.write(clean(line)) }
  return pino({ level, base: undefined, timestamp: pino.stdTimeFunctions.isoTime }, destination)
}

/** A line of JSON whose texts are printable; those of several lines, as stacks are, stay so. */
function cleanValues(line: string): string {
  const clean = (_: string, value: unknown) =>
    typeof value === 'string' ? value.split('\n').map(printable).join('\n') : value
  return `${JSON.stringify(JSON.parse(line, clean))}\n`
}

/** Says nothing; for tests and for the CLI's own use of the library. */
export const silentLogger: Logger = pino({ level: 'silent' })
