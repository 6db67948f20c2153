import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type CommandResult, type JsonLine, type Running, shoal, startProcess } from './processes.ts'
import type { Report } from './report.ts'

interface Stage {
  report: Report
  environment: NodeJS.ProcessEnv
  root: string
}

/** Nodes of the network without a server, each knowing only the one before it. */
const NODES = 6
/** Longest wait for the network to know itself, and later its dead, ms. */
const PATIENCE_MS = 30_000
const WORD = 'lighthouse'
const WAYS = ['zone', 'flood', 'dht']

interface Done {
  via?: Record<string, { messages?: number; asked?: number }>
}

/** Nodes that know of no server find what is shared through each other, also when one of them is killed. */
export class ServerlessScene {
  readonly #stage: Stage
  #nodes: Running[] = []

  constructor(stage: Stage) {
    this.#stage = stage
  }

  async play(): Promise<void> {
    const { report } = this.#stage
    await this.#start()
    report.step(
      'serverless',
      `Started ${NODES} more nodes without a server, each told only the one before it.`,
    )
    const last = this.#nodes.at(-1)!
    for (const via of WAYS) {
      const { found, ms, cost } = await this.#until(last, via, (names) => names.length === NODES - 1)
      report.check(
        `the last one finds all ${NODES - 1} others’ files by “${WORD}” via ${via} (${cost}), ${(ms / 1000).toFixed(1)} s later`,
        found,
      )
    }
    await this.#value(this.#nodes[1]!, last)
    await this.#nodes[0]!.kill('SIGKILL')
    for (const via of WAYS) {
      const { found, ms } = await this.#until(last, via, (names) => names.length === NODES - 2)
      report.check(
        `node-5 is killed; via ${via} nothing of it is found any more ${(ms / 1000).toFixed(1)} s later`,
        found,
      )
    }
    await Promise.all(this.#nodes.slice(1).map((node) => node.kill('SIGTERM')))
  }

  async #start(): Promise<void> {
    const { root, environment } = this.#stage
    for (let i = 0; i < NODES; i++) {
      const name = `node-${5 + i}`
      const share = join(root, name, 'share')
      mkdirSync(share, { recursive: true })
      writeFileSync(join(share, `${WORD} seen by ${name}.txt`), `What ${name} saw.\n`)
      const before = this.#nodes.at(-1)
      const args = ['start', '--data', join(root, name, 'data'), '--name', name, '--share', share]
      const net = ['--grpc-host', '127.0.0.1', ...(before ? ['--peer', before.grpc] : [])]
      const ports = ['--http-port', '0', '--grpc-port', '0', '--p2p-port', '0', '--no-mdns', '--json']
      this.#nodes.push(await startProcess(name, [...args, ...net, ...ports], environment))
    }
  }

  /** What one node puts under a key, another gets. */
  async #value(from: Running, to: Running): Promise<void> {
    const { report, environment } = this.#stage
    const value = `The light is seen from ${NODES} nodes.`
    const put = await shoal(['kv', 'put', WORD, value, '--node', from.http], { environment })
    const { lines } = await shoal(['kv', 'get', WORD, '--node', to.http], { environment })
    const isRight = put.code === 0 && lines.at(-1)?.text === value
    report.check(`a value put under a key by ${from.name} is read by ${to.name}`, isRight)
  }

  /** Searches again and again until the names found are as wanted. */
  async #until(node: Running, via: string, wanted: (names: string[]) => boolean) {
    const started = performance.now()
    for (;;) {
      const result = await this.#search(node, via)
      const others = (line: JsonLine) => line.event === 'hit' && (line.providers as unknown[]).length > 0
      const names = result.lines.filter(others).map((line) => String(line.name))
      const ms = Math.round(performance.now() - started)
      const found = wanted(names)
      if (found || ms > PATIENCE_MS) return { found, ms, cost: costOf(result, via) }
      await new Promise((resolve) => setTimeout(resolve, 200))
    }
  }

  #search(node: Running, via: string): Promise<CommandResult> {
    const { environment } = this.#stage
    return shoal(['search', WORD, '--via', via, '--node', node.http], { environment })
  }
}

function costOf({ lines }: CommandResult, via: string): string {
  const { messages = 0, asked = 0 } = (lines.at(-1) as Done | undefined)?.via?.[via] ?? {}
  return `${messages} messages, ${asked} ${asked === 1 ? 'peer' : 'peers'} asked`
}
