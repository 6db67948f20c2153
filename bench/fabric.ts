import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { build, type Started, startNode } from './nodes.ts'

/**
 * What a node costs that does nothing: alone, among ten, and with as many libp2p connections as it takes. The built program is
 * measured, started as `shoal start` starts it, on loopback.
 */
const DIALLERS = fileURLToPath(new URL('./fabric-diallers.ts', import.meta.url))

interface Sizes {
  /** Before it is looked at, ms. */
  settleMs: number
  /** Looked at for so long, ms. */
  watchMs: number
  /** Connections of the last table's node. */
  connections: number
  nodes: number
}

const FULL: Sizes = { settleMs: 60_000, watchMs: 30_000, connections: 300, nodes: 10 }
const QUICK: Sizes = { settleMs: 3000, watchMs: 2000, connections: 20, nodes: 3 }
/** Processes that dial; each holds a part of the other ends. */
const DIALLING = 2

/** Runs the benchmark and gives its table as Markdown. */
export async function run({ quick = false }: { quick?: boolean } = {}): Promise<string> {
  const sizes = quick ? QUICK : FULL
  const root = mkdtempSync(join(tmpdir(), 'shoal-bench-'))
  const children: ChildProcess[] = []
  const start = (name: string, ...args: string[]) => startNode(root, name, { args, children })
  try {
    await build()
    const rows: string[] = []
    const alone = await start('alone')
    await wait(sizes.settleMs)
    rows.push(row('alone', await look(alone.child.pid!, sizes.watchMs)))
    alone.child.kill()

    const first = await start('node-0')
    for (let i = 1; i < sizes.nodes; i++) await start(`node-${i}`, '--peer', first.ready.grpc)
    await wait(sizes.settleMs)
    rows.push(row(`one of ${sizes.nodes} that know each other`, await look(first.child.pid!, sizes.watchMs)))
    for (const child of children.splice(0)) child.kill()

    const hub = await start('hub')
    for (let i = 0; i < DIALLING; i++) await dial(hub, Math.floor(sizes.connections / DIALLING), children)
    await wait(sizes.settleMs)
    rows.push(row(`with ${sizes.connections} libp2p connections`, await look(hub.child.pid!, sizes.watchMs)))
    const head = ['| a node | RSS, MiB | CPU of one core | wake-ups/s |', '|---|---:|---:|---:|']
    return [...head, ...rows, '', `After ${sizes.settleMs / 1000} s, over ${sizes.watchMs / 1000} s.`].join(
      '\n',
    )
  } finally {
    for (const child of children) child.kill('SIGKILL')
    rmSync(root, { recursive: true, force: true, maxRetries: 5 })
  }
}

/** Has another process make connections, and waits until it has. */
async function dial({ ready }: Started, count: number, children: ChildProcess[]): Promise<void> {
  const address = ready.p2p.find((each) => !each.includes('/ws/'))!
  const child = fork(DIALLERS, [address, String(count)])
  children.push(child)
  const [made] = (await once(child, 'message')) as [number]
  if (made !== count) throw new Error(`only ${made} of ${count} connections were made`)
}

interface Look {
  rssMib: number
  /** Share of one core. */
  cpu: number
  wakeUps: number
}

/** What a process is and does, from /proc: Linux only. */
async function look(pid: number, ms: number): Promise<Look> {
  const before = counts(pid)
  await wait(ms)
  const after = counts(pid)
  const rssKib = Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1])
  return {
    rssMib: rssKib / 1024,
    cpu: ((after.ticks - before.ticks) * 10) / ms,
    wakeUps: ((after.switches - before.switches) * 1000) / ms,
  }
}

/** Clock ticks of 10 ms used, and times that any of its threads went to sleep, which it was woken from. */
function counts(pid: number): { ticks: number; switches: number } {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ')
  const switches = readdirSync(`/proc/${pid}/task`).map((thread) => {
    const status = readFileSync(`/proc/${pid}/task/${thread}/status`, 'utf8')
    return Number(/^voluntary_ctxt_switches:\s+(\d+)/m.exec(status)![1])
  })
  return { ticks: Number(fields[11]) + Number(fields[12]), switches: switches.reduce((a, b) => a + b, 0) }
}

function row(name: string, { rssMib, cpu, wakeUps }: Look): string {
  return `| ${name} | ${Math.round(rssMib)} | ${(100 * cpu).toFixed(1)} % | ${Math.round(wakeUps)} |`
}
