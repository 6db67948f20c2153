import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

/** Nodes for benchmarks: the built program, started as `shoal start` starts it, on loopback. */
const BIN = fileURLToPath(new URL('../bin/shoal', import.meta.url))
const LAUNCH = fileURLToPath(new URL('../bin/launch.cjs', import.meta.url))
const BUILD = fileURLToPath(new URL('../scripts/build.ts', import.meta.url))
const DIST = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url))

export interface Started {
  readonly child: ChildProcess
  readonly dataDir: string
  readonly ready: { peerId: string; http: string; grpc: string; p2p: string[] }
}

export async function build(): Promise<void> {
  const child = spawn(process.execPath, [BUILD], { stdio: 'inherit' })
  const [code] = await once(child, 'exit')
  if (code !== 0) throw new Error('the build failed')
}

/** Starts a node and waits until it is ready. @param children where it is put, to be ended by the caller */
export async function startNode(
  root: string,
  name: string,
  { args = [], children }: { args?: readonly string[]; children: ChildProcess[] },
): Promise<Started> {
  const [, flags] =
    /start .*set -- ((?:--\S+ )+)"\$root\/bin\/launch.cjs"/.exec(readFileSync(BIN, 'utf8')) ?? []
  if (flags === undefined) throw new Error(`${BIN} starts Node in another way now`)
  const dataDir = join(root, name)
  const ports = ['--http-port', '0', '--grpc-port', '0', '--p2p-port', '0', '--p2p-ws-port', '0']
  const own = ['--data', dataDir, '--name', name, '--grpc-host', '127.0.0.1', '--json']
  const child = spawn(
    process.execPath,
    [...flags.trim().split(' '), LAUNCH, DIST, 'start', ...own, ...ports, ...args],
    {
      env: { ...process.env, HOME: root, XDG_RUNTIME_DIR: root, SHOAL_LOG_LEVEL: 'error' },
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  )
  children.push(child)
  const [line] = (await once(createInterface({ input: child.stdout! }), 'line')) as [string]
  return { child, dataDir, ready: JSON.parse(line) }
}

/** Runs a command of the program and gives the JSON lines that it prints. @throws Error when it fails */
export async function shoal(...args: string[]): Promise<Record<string, unknown>[]> {
  const child = spawn(process.execPath, [DIST, ...args, '--json'], { stdio: ['ignore', 'pipe', 'pipe'] })
  const [out, err] = await Promise.all([text(child.stdout!), text(child.stderr!)])
  if (child.exitCode === null) await once(child, 'exit')
  if (child.exitCode !== 0) throw new Error(`shoal ${args.join(' ')} ended with ${child.exitCode}: ${err}`)
  return out
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line))
}

/** Processor time of a process and its threads so far, s; Linux only. */
export function cpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ')
  // Clock ticks of 10 ms.
  return (Number(fields[11]) + Number(fields[12])) / 100
}

/** Memory of a process that is in no file, MiB: now, as far as the kernel counts it. */
export function anonMib(pid: number): number {
  const [, kib] = /RssAnon:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
  return Number(kib) / 1024
}

async function text(stream: AsyncIterable<Buffer>): Promise<string> {
  return Buffer.concat(await Array.fromAsync(stream)).toString()
}
