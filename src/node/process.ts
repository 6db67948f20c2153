import { ShoalError } from '../base/errors.ts'
import { createLogger, type Logger, type LogLevel } from '../base/log.ts'
import { type LogLevels, LogTree } from '../base/log-levels.ts'
import { isMultiaddr, parseAddress } from '../link/address.ts'
import { isPeerId } from '../link/peer-id.ts'
import { lockDataFolder } from '../storage/data-lock.ts'
import type { SettingsSchema } from './config.ts'
import { ConfigStore } from './config-store.ts'
import { type DataFolder, openDataFolder } from './data-folder.ts'

/** What `shoal start` and `shoal index` are started with. */
export interface StartOptions {
  /** All of the process's files below this folder; undefined for the XDG places. */
  dataDir?: string | undefined
  /** Configuration file other than the usual one. */
  configFile?: string | undefined
  /** Settings given on the command line. */
  flags: Record<string, unknown>
  env: Record<string, string | undefined>
  /** Log lines for people instead of JSON. */
  prettyLog?: boolean
}

/** What a started process says first. */
export interface ReadyLine {
  readonly event: 'ready'
  readonly peerId: string
  /** URL of the HTTP API. */
  readonly http: string
  /** HOST:PORT of the gRPC server, for use on this machine. */
  readonly grpc: string
  /** Multiaddrs of the libp2p host; empty in this version, which has none. */
  readonly p2p: readonly string[]
  readonly version: string
  /** HOST:PORT under which other machines may reach the gRPC server. */
  readonly addresses: readonly string[]
}

export interface RunningProcess {
  readonly ready: ReadyLine
  /** Stops cleanly; resolves when nothing runs any more. */
  stop(): Promise<void>
}

export interface ProcessBase<T extends Record<string, unknown>> {
  readonly folder: DataFolder
  readonly store: ConfigStore<T>
  readonly log: Logger
}

/**
 * Data folder, lock, configuration and logger: what every Shoal process begins with. What is opened is put on `stack`.
 *
 * @throws ShoalError PERMISSION_DENIED, CONFLICT (folder in use), INVALID_CONFIG
 */
export function openProcess<T extends { logLevel: LogLevel; logLevels: LogLevels } & Record<string, unknown>>(
  schema: SettingsSchema,
  options: StartOptions,
  stack: AsyncDisposableStack,
): ProcessBase<T> {
  const folder = openDataFolder(options.dataDir, options.env)
  stack.defer(lockDataFolder(folder.root))
  const log = createLogger({ level: 'info', pretty: options.prettyLog ?? false })
  const path = options.configFile ?? folder.config
  const store = new ConfigStore<T>({ schema, path, flags: options.flags, env: options.env, log })
  const tree = new LogTree(log)
  const follow = ({ logLevel, logLevels }: T) => tree.set(logLevel, logLevels)
  follow(store.current)
  store.changes.on(({ config }) => follow(config))
  store.watch()
  stack.defer(() => store.close())
  return { folder, store, log }
}

/** Runs `start` with a stack of what it opens; what is open is closed in reverse order when it fails, or at `stop`. */
export async function runProcess(
  start: (stack: AsyncDisposableStack) => Promise<ReadyLine>,
): Promise<RunningProcess> {
  const stack = new AsyncDisposableStack()
  try {
    const ready = await start(stack)
    return { ready, stop: () => stack.disposeAsync() }
  } catch (error) {
    await stack.disposeAsync().catch(() => {})
    throw error
  }
}

/** @throws ShoalError INVALID_CONFIG for peers that are neither HOST:PORT nor a multiaddr with a PeerId at its end */
export function checkPeers(peers: readonly string[]): void {
  for (const peer of peers) {
    try {
      if (!peer.startsWith('/')) parseAddress(peer)
      else if (peerTarget(peer).peerId === undefined)
        throw new ShoalError('INVALID_ARGUMENT', 'The multiaddr does not end with /p2p/PEERID.')
    } catch (cause) {
      const reason = `The peer "${peer}" cannot be called. Give HOST:PORT of its gRPC server, or a multiaddr that ends with /p2p/PEERID.`
      throw new ShoalError('INVALID_CONFIG', reason, { cause })
    }
  }
}

/** A configured peer as links want it: a multiaddr names the PeerId that must answer. */
export function peerTarget(peer: string): { peerId?: string; addresses: string[] } {
  const last = isMultiaddr(peer) ? /\/p2p\/([^/]+)$/.exec(peer)?.[1] : undefined
  return { ...(last && isPeerId(last) && { peerId: last }), addresses: [peer] }
}

/** @throws ShoalError INVALID_CONFIG for locators that this version does not have */
export function checkDiscovery(enabled: readonly string[], available: readonly string[]): void {
  const missing = enabled.filter((name) => !available.includes(name))
  if (missing.length === 0) return
  throw new ShoalError(
    'INVALID_CONFIG',
    `This version has no locator ${missing.map((name) => `"${name}"`).join(', ')}. It has: ${available.join(', ')}.`,
  )
}
