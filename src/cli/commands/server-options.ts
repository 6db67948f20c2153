import { resolve } from 'node:path'
import type { Command } from 'commander'
import type { CliIo } from '../io.ts'
import { collectList, logLevelOption, logLevelsOption, parsePort } from '../options.ts'
import type { ClientOptions } from '../session.ts'

/** Options that `shoal start` and `shoal index` share. */
export interface ServerOptions extends ClientOptions {
  config?: string
  name?: string
  httpHost?: string
  httpPort?: number
  grpcHost?: string
  grpcPort?: number
  p2pPort?: number
  p2pWsPort?: number
  announce?: string[]
  logLevel?: string
  logLevels?: unknown
}

export function withServerOptions(command: Command): Command {
  return command
    .option('--data <dir>', 'folder for all that it keeps (default: $SHOAL_DATA, else the XDG folders)')
    .option('--config <file>', 'configuration file (default: config.json in the data or XDG folder)')
    .option('--name <name>', 'name that others see')
    .option('--http-host <host>', 'address the HTTP API listens on')
    .option('--http-port <port>', 'port of the HTTP API, 0 for any free one', parsePort)
    .option('--grpc-host <host>', 'address that gRPC and libp2p listen on')
    .option('--grpc-port <port>', 'port of gRPC, 0 for any free one', parsePort)
    .option('--p2p-port <port>', 'port of libp2p, 0 for any free one', parsePort)
    .option('--p2p-ws-port <port>', 'port of libp2p over WebSockets, 0 for any free one', parsePort)
    .option('--announce <addrs...>', 'addresses under which others reach it besides its own', collectList)
    .addOption(logLevelOption())
    .addOption(logLevelsOption())
    .option('--json', 'print the first line as JSON on stdout, and log in JSON')
}

/** The settings among these options, under their names in the configuration. */
export function serverFlags(options: ServerOptions) {
  const { name, httpHost, httpPort, grpcHost, grpcPort, p2pPort, p2pWsPort, announce } = options
  const { logLevel, logLevels } = options
  const ports = { httpPort, grpcPort, p2pPort, p2pWsPort }
  return { name, httpHost, grpcHost, ...ports, announce, logLevel, logLevels }
}

/** Absolute data folder as given, undefined for the default one. */
export function dataFolder({ data }: ServerOptions, { env, cwd }: CliIo): string | undefined {
  const given = data ?? (env.SHOAL_DATA || undefined)
  return given === undefined ? undefined : resolve(cwd, given)
}
