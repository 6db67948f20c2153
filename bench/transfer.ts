import { type ChildProcess, spawn } from 'node:child_process'
import { createHash, randomFillSync } from 'node:crypto'
import { once } from 'node:events'
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { anonMib, build, cpuSeconds, type Started, shoal, startNode } from './nodes.ts'
import { median } from './stats.ts'

/**
 * One big file between nodes on one machine, beside the same file over HTTPS: where only the processor limits. The built program is measured; contenders take
 * turns, and every copy is compared with the file.
 */
const HTTPS = fileURLToPath(new URL('./transfer-https.ts', import.meta.url))
const MIB = 1024 * 1024

interface Run {
  /** 1 MB = 1,000,000 bytes. */
  readonly mbPerSecond: number
  /** Of all that takes part, for 1 GiB. */
  readonly cpuSeconds: number
  /** How much the receiver's memory grew at the most, MiB. */
  readonly growthMib: number
}

interface Contender {
  readonly name: string
  run(out: string): Promise<Run>
}

interface World {
  readonly root: string
  readonly file: string
  readonly sizeBytes: number
  readonly children: ChildProcess[]
}

/** Runs the benchmark and gives its table as Markdown. */
export async function run({ quick = false }: { quick?: boolean } = {}): Promise<string> {
  const base = existsSync('/dev/shm') ? '/dev/shm' : tmpdir()
  const root = mkdtempSync(join(base, 'shoal-bench-'))
  const children: ChildProcess[] = []
  const sizeBytes = (quick ? 64 : 1024) * MIB
  const rounds = quick ? 1 : 7
  try {
    await build()
    const file = join(root, 'data.bin')
    writeRandom(file, sizeBytes)
    const world = { root, file, sizeBytes, children }
    const contenders = [await https(world), await swarm(world, 1), await swarm(world, 4)]
    const sha256 = sha256Of(file)
    const runs = new Map<string, Run[]>(contenders.map(({ name }) => [name, []]))
    for (let round = 0; round <= rounds; round++) {
      for (const { name, run: once } of contenders) {
        const out = join(root, 'copy.bin')
        const result = await once(out)
        if (sha256Of(out) !== sha256) throw new Error(`${name}: the copy differs from the file`)
        rmSync(out)
        // The first round compiles code.
        if (round > 0 || quick) runs.get(name)!.push(result)
        await wait(quick ? 0 : 2000)
      }
    }
    return table(contenders, runs, { sizeBytes, rounds })
  } finally {
    for (const child of children) child.kill('SIGKILL')
    rmSync(root, { recursive: true, force: true, maxRetries: 5 })
  }
}

/** Nodes that share the file, and one that fetches it. */
async function swarm({ root, file, sizeBytes, children }: World, sources: number): Promise<Contender> {
  const options = { children }
  const common = ['--discovery', 'flood', '--no-mdns']
  const first = await startNode(root, `${sources}-source-0`, { ...options, args: common })
  const joining = [...common, '--peer', first.ready.grpc]
  const nodes: Started[] = [first]
  for (let i = 1; i < sources; i++)
    nodes.push(await startNode(root, `${sources}-source-${i}`, { ...options, args: joining }))
  const taker = await startNode(root, `${sources}-taker`, { ...options, args: joining })
  const added = await Promise.all(nodes.map(({ dataDir }) => shoal('add', file, '--data', dataDir)))
  const cid = String(added[0]![0]!.cid)
  const pids = [...nodes, taker].map(({ child }) => child.pid!)
  return {
    name: sources === 1 ? 'Shoal' : `Shoal, ${sources} sources`,
    run: async (out) => {
      const before = pids.map(cpuSeconds)
      const memory = watchMemory(taker.child.pid!)
      const lines = await shoal('get', cid, '--data', taker.dataDir, '--out', out)
      const done = lines.at(-1)!
      const spent = pids.reduce((sum, pid, i) => sum + cpuSeconds(pid) - before[i]!, 0)
      return {
        mbPerSecond: sizeBytes / 1000 / Number(done.ms),
        cpuSeconds: (spent * 1024 * MIB) / sizeBytes,
        growthMib: memory.stop(),
      }
    },
  }
}

/** A Node server and a Node client that hashes what it writes: what can be had without a swarm. */
async function https({ file, sizeBytes, children, root }: World): Promise<Contender> {
  const server = spawn(process.execPath, [HTTPS, 'serve', file, root], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  children.push(server)
  const [port] = (await once(server.stdout!, 'data')) as [Buffer]
  return {
    name: 'HTTPS in Node, with SHA-256',
    run: async (out) => {
      const before = cpuSeconds(server.pid!)
      const client = spawn(process.execPath, [HTTPS, 'fetch', String(port).trim(), out], {
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      const [told] = (await once(client.stdout!, 'data')) as [Buffer]
      await once(client, 'exit')
      const { ms, cpu, growthMib } = JSON.parse(String(told))
      const spent = cpuSeconds(server.pid!) - before + cpu
      return {
        mbPerSecond: sizeBytes / 1000 / ms,
        cpuSeconds: (spent * 1024 * MIB) / sizeBytes,
        growthMib,
      }
    },
  }
}

/** The most that a process's memory grows until `stop`, MiB. */
function watchMemory(pid: number): { stop(): number } {
  const before = anonMib(pid)
  let most = before
  const timer = setInterval(() => {
    most = Math.max(most, anonMib(pid))
  }, 20)
  return {
    stop() {
      clearInterval(timer)
      return Math.max(most, anonMib(pid)) - before
    },
  }
}

function table(
  contenders: readonly Contender[],
  runs: ReadonlyMap<string, readonly Run[]>,
  { sizeBytes, rounds }: { sizeBytes: number; rounds: number },
): string {
  const baseline = runs.get(contenders[0]!.name)!
  const rows = contenders.map(({ name }) => {
    const own = runs.get(name)!
    const rates = own.map((each) => each.mbPerSecond)
    const ratio = median(own.map((each, i) => each.mbPerSecond / baseline[i]!.mbPerSecond))
    const cpu = median(own.map((each) => each.cpuSeconds))
    const growth = Math.max(...own.map((each) => each.growthMib))
    const rate = `${Math.round(median(rates))} (${Math.round(Math.min(...rates))} to ${Math.round(Math.max(...rates))})`
    return `| ${name} | ${rate} | ${ratio.toFixed(2)} | ${cpu.toFixed(1)} | ${Math.round(growth)} |`
  })
  return [
    '| 1 file | MB/s, median (range) | ratio | CPU s a GiB, both sides | memory of the receiver grew, MiB |',
    '|---|---:|---:|---:|---:|',
    ...rows,
    '',
    `${sizeBytes / MIB} MiB, ${rounds} rounds in turns after one that is not counted; the ratio is the median of those of each round. Encrypted (TLS 1.3), SHA-256 verified, written to tmpfs.`,
  ].join('\n')
}

function writeRandom(path: string, bytes: number): void {
  const fd = openSync(path, 'w')
  const block = Buffer.allocUnsafe(MIB)
  for (let done = 0; done < bytes; done += MIB) writeSync(fd, randomFillSync(block))
  closeSync(fd)
}

function sha256Of(path: string): string {
  return createHash('sha256').update(readFileSync(path)).digest('hex')
}
