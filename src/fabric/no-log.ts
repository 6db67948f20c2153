import type { ComponentLogger, Logger } from '@libp2p/interface'

const nothing: Logger = Object.assign(() => {}, {
  enabled: false,
  error: () => {},
  trace: () => {},
  newScope: () => nothing,
})

/**
 * A logger for libp2p that takes nothing, unless DEBUG asks for its own, which makes a logger for each connection and stream and asks the
 * terminal each time: several percent of what a busy host does.
 */
export function libp2pLogger(
  env: Readonly<Record<string, string | undefined>> = process.env,
): { logger: ComponentLogger } | undefined {
  return env.DEBUG ? undefined : { logger: { forComponent: () => nothing } }
}
