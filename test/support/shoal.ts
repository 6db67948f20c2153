import type { ChildProcess } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  type CommandResult,
  type RunningCommand,
  runCommand,
  type ShoalProcess,
  type SpawnOptions,
  startCommand,
  startServer,
} from './process.ts'

export interface ServerOptions {
  /** Names its data folder too: the same name is the same node again. */
  name?: string
  /** Further arguments. */
  args?: string[]
  env?: Record<string, string>
  /** Put before the command, to run it elsewhere; commands for this node then run there too. */
  inside?: readonly string[]
}

export interface NodeOptions extends ServerOptions {
  shares?: string[]
  /** Index servers, as a node takes them. */
  index?: string[]
}

/** Real `shoal` processes in a temporary folder of their own, and everything gone at the end. */
export interface World extends AsyncDisposable {
  /** The folder; also the working folder of commands. */
  readonly root: string
  /** A folder below it, made when missing. */
  folder(name: string): string
  startNode(options?: NodeOptions): Promise<ShoalProcess>
  startIndex(options?: ServerOptions): Promise<ShoalProcess>
  /** Runs a command to its end; `on` names the node it is for. */
  shoal(args: string[], on?: ShoalProcess): Promise<CommandResult>
  /** Starts a command whose lines are read while it runs. */
  command(args: string[], on?: ShoalProcess): RunningCommand
}

/** Files are shared soon and index servers hear of it soon, so that tests need not wait for people's defaults. */
const QUICK = { SHOAL_SETTLE_MS: '100' }

export function newWorld(): World {
  const root = mkdtempSync(join(tmpdir(), 'shoal-e2e-'))
  const children = new Set<ChildProcess>()
  const env = isolated(root)
  const spawning = (more: Record<string, string> = {}, inside?: readonly string[]): SpawnOptions => ({
    env: { ...env, ...more },
    cwd: root,
    inside,
    track: (child) => {
      children.add(child)
      child.once('close', () => children.delete(child))
    },
  })
  const folder = (name: string) => {
    const path = join(root, name)
    mkdirSync(path, { recursive: true })
    return path
  }
  const server = (command: string, options: ServerOptions) => {
    const { name = command, args = [], env: more = {}, inside } = options
    const data = folder(`data-${name}`)
    const ports = ['--http-port', '--grpc-port'].filter((port) => !args.includes(port))
    const all = [
      command,
      ...['--data', data, '--name', name],
      ...(args.includes('--grpc-host') ? [] : ['--grpc-host', '127.0.0.1']),
      ...ports.flatMap((port) => [port, '0']),
      ...args,
      '--json',
    ]
    return startServer(all, data, spawning({ ...QUICK, ...more }, inside))
  }
  const forNode = (args: string[], on?: ShoalProcess) => (on ? [...args, '--data', on.data] : args)
  return {
    root,
    folder,
    startNode({ shares = [], index = [], args = [], ...options } = {}) {
      const more = [
        ...(args.includes('--p2p-port') ? [] : ['--p2p-port', '0']),
        ...(options.env?.SHOAL_MDNS ? [] : ['--no-mdns']),
        ...shares.flatMap((share) => ['--share', share]),
        ...index.flatMap((url) => ['--index', url]),
      ]
      return server('start', { ...options, args: [...args, ...more] })
    },
    startIndex: (options = {}) => server('index', options),
    shoal: (args, on) => runCommand(forNode(args, on), spawning({}, on?.inside)),
    command: (args, on) => startCommand(forNode(args, on), spawning({}, on?.inside)),
    async [Symbol.asyncDispose]() {
      await Promise.all(
        [...children].map(async (child) => {
          const closed = new Promise((resolve) => child.once('close', resolve))
          // A stopped process must go on in order to die of anything but SIGKILL; that one always works.
          child.kill('SIGKILL')
          if (child.exitCode === null && child.signalCode === null) await closed
        }),
      )
      rmSync(root, { recursive: true, force: true })
    },
  }
}

/** An environment in which nothing outside `root` is found, and nothing is written outside of it. */
function isolated(root: string): Record<string, string> {
  const below = (name: string) => {
    const path = join(root, 'home', name)
    mkdirSync(path, { recursive: true, mode: 0o700 })
    return path
  }
  return {
    PATH: process.env.PATH ?? '/usr/bin:/bin',
    HOME: below('.'),
    TMPDIR: below('tmp'),
    // Compiled code may be shared: without, each process would spend a second on it.
    NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE ?? join(tmpdir(), 'node-compile-cache'),
    XDG_DATA_HOME: below('data'),
    XDG_CONFIG_HOME: below('config'),
    XDG_STATE_HOME: below('state'),
    XDG_CACHE_HOME: below('cache'),
    XDG_RUNTIME_DIR: below('run'),
    LANG: 'C.UTF-8',
  }
}
