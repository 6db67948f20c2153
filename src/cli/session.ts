import type { Command } from 'commander'
import type { NodeAddress } from './client/locate-node.ts'
import type { NodeClient } from './client/node-client.ts'
import type { CliIo } from './io.ts'
import { Printer } from './output/printer.ts'

/** Exit codes that commands return themselves; errors bring their own from the error table. */
export const EXIT = { ok: 0, error: 1, usage: 2, notFound: 3, timedOut: 4 } as const
export type ExitCode = (typeof EXIT)[keyof typeof EXIT]

/** Options that every command has which talks to a running node. */
export interface ClientOptions {
  node?: string
  data?: string
  json?: boolean
}

/** One run of one command. */
export interface Session {
  readonly io: CliIo
  readonly print: Printer
  /** Where the node is that the options and the environment name. @throws ShoalError as locateNode does */
  address(): Promise<NodeAddress>
  /** A client of it. @throws ShoalError as locateNode does */
  client(): Promise<NodeClient>
  /** ` --data DIR` or ` --node URL` when the command was given one: for commands that it advises. */
  readonly sameNode: string
}

/** What a command does, returning its exit code (ok when undefined). `args` are its positional ones. */
export type Handler<Options extends ClientOptions, Args extends readonly unknown[] = []> = (
  session: Session,
  options: Options,
  ...args: Args
) => Promise<ExitCode | undefined>

/** Where the exit code of the command that ran is noted. */
export interface Outcome {
  exitCode: ExitCode
}

/** Turns a handler into a commander action. */
export type Act = <Options extends ClientOptions, Args extends readonly unknown[]>(
  handler: Handler<Options, Args>,
) => (...given: unknown[]) => Promise<void>

/** {@link Act} for one process. */
export function actWith(io: CliIo, outcome: Outcome): Act {
  return (handler) =>
    async (...given) => {
      const command = given.at(-1) as Command
      const options = given.at(-2) as ClientOptions
      const session = newSession(io, options)
      const code = await handler(session, options as never, ...(command.processedArgs as never))
      session.print.clearLive()
      outcome.exitCode = code ?? EXIT.ok
    }
}

function newSession(io: CliIo, options: ClientOptions): Session {
  // Loaded when it is used: help, completion and usage errors need no HTTP.
  const address = async () => (await import('./client/locate-node.ts')).locateNode(options, io)
  return {
    io,
    print: new Printer(io, options.json === true),
    address,
    async client() {
      const [{ NodeClient }, found] = await Promise.all([import('./client/node-client.ts'), address()])
      return new NodeClient(found, io.signal)
    },
    sameNode: [
      ...(options.node === undefined ? [] : [` --node ${options.node}`]),
      ...(options.data === undefined ? [] : [` --data ${options.data}`]),
    ].join(''),
  }
}
