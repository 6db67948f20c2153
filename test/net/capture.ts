import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'

/** A machine of its own without any network but the loopback device. */
export interface Alone extends Disposable {
  /** Puts before a command what makes it run there. */
  readonly inside: string[]
}

/** Needs what {@link whyNoHomes} of homes.ts asks for. Disposing of it removes it. */
export function makeAlone(): Alone {
  const space = `shoal-${process.pid}-alone`
  execFileSync('ip', ['netns', 'add', space])
  execFileSync('ip', ['-n', space, 'link', 'set', 'lo', 'up'])
  return {
    inside: ['ip', 'netns', 'exec', space],
    [Symbol.dispose]: () => void spawnSync('ip', ['netns', 'del', space]),
  }
}

/** Why packets cannot be captured here; undefined when they can. */
export function whyNoCapture(): string | undefined {
  if (spawnSync('tcpdump', ['--version']).status !== 0) return 'needs the command tcpdump (package tcpdump)'
  return undefined
}

export interface Capture extends Disposable {
  /** Ends it; all bytes of all packets, and how many packets there were. */
  stop(): Promise<{ bytes: Buffer; packets: number }>
}

/** Captures what passes over the loopback device there and fits `filter` (pcap-filter(7)) into `file`. */
export async function capture({ inside }: Alone, file: string, filter: string): Promise<Capture> {
  // -Z root: it would otherwise give up the right to write there.
  const options = ['-i', 'lo', '-w', file, '-U', '-Z', 'root', '-B', '65536', '--immediate-mode', filter]
  const [command, ...args] = [...inside, 'tcpdump', ...options]
  const child = spawn(command!, args, { stdio: ['ignore', 'ignore', 'pipe'] })
  const said: string[] = []
  const { promise: isListening, resolve, reject } = Promise.withResolvers<void>()
  createInterface({ input: child.stderr }).on('line', (line) => {
    said.push(line)
    if (line.includes('listening on')) resolve()
  })
  child.once('error', reject)
  child.once('exit', () => reject(new Error(said.join('\n'))))
  await isListening
  return {
    async stop() {
      await end(child)
      const numberOf = (what: RegExp) => Number(what.exec(said.join('\n'))?.[1])
      const dropped = numberOf(/(\d+) packets? dropped by kernel/)
      if (dropped !== 0) throw new Error(`tcpdump missed packets: ${said.join('\n')}`)
      return { bytes: readFileSync(file), packets: numberOf(/(\d+) packets? captured/) }
    },
    [Symbol.dispose]: () => void child.kill('SIGKILL'),
  }
}

async function end(child: ChildProcess): Promise<void> {
  const closed = once(child, 'close')
  child.kill('SIGINT')
  await closed
}
