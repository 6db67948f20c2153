import type { Logger } from '../src/base/log.ts'

const nothing = () => {}

/** Says nothing and makes nothing: ten thousand nodes ask for a logger of their own several times. */
export const labLogger = {
  level: 'silent',
  child: () => labLogger,
  ...{ trace: nothing, debug: nothing, info: nothing, warn: nothing, error: nothing, fatal: nothing },
} as unknown as Logger
