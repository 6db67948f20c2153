import { type Logger as PinoLogger, pino } from 'pino'
import pretty from 'pino-pretty'

/** Structured logging: `log.info({ peerId }, 'peer joined')`. Libraries of Shoal get a child named after them. */
export type Logger = PinoLogger

export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'silent'] as const
export type LogLevel = (typeof LOG_LEVELS)[number]

export interface LogOptions {
  level: LogLevel
  /** Lines for people instead of JSON. */
  pretty?: boolean
}

/** A logger that writes to stderr: stdout belongs to results. */
export function createLogger({ level, pretty: forPeople = false }: LogOptions): Logger {
  const destination = forPeople
    ? pretty({ destination: 2, sync: true, ignore: 'pid,hostname,module', messageFormat: '{module}: {msg}' })
    : pino.destination({ dest: 2, sync: true })
  return pino({ level, base: undefined, timestamp: pino.stdTimeFunctions.isoTime }, destination)
}

/** Says nothing; for tests and for the CLI's own use of the library. */
export const silentLogger: Logger = pino({ level: 'silent' })
