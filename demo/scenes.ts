import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { MIB } from '../src/base/units.ts'
import { ALBUM, BIG_FILE, sha256 } from './files.ts'
import { type CommandResult, type JsonLine, type Running, shoal } from './processes.ts'
import type { Report } from './report.ts'

interface Stage {
  report: Report
  environment: NodeJS.ProcessEnv
  root: string
  /** The shared folders of the first three nodes. */
  shares: string[]
  /** Three that share, and one that fetches. */
  nodes: Running[]
}

const rate = (bytes: number, ms: number) => `${Math.round(bytes / MIB / (ms / 1000))} MiB/s`

/** The acts of the demo, in their order. */
export class Scenes {
  readonly #stage: Stage

  constructor(stage: Stage) {
    this.#stage = stage
  }

  #run(node: Running, args: string[], onLine?: (line: JsonLine) => void): Promise<CommandResult> {
    return shoal([...args, '--node', node.http], { environment: this.#stage.environment, onLine })
  }

  get #fetcher(): Running {
    return this.#stage.nodes[3]!
  }

  /** Waits until every file is hashed and every provider of the common files is known to the index server. */
  async share(files: number): Promise<void> {
    const { report, nodes } = this.#stage
    const started = performance.now()
    const holders = nodes.slice(0, 3)
    let shared = 0
    let announced = false
    while ((shared < files || !announced) && performance.now() - started < 45_000) {
      const libraries = await Promise.all(holders.map((node) => this.#run(node, ['ls'])))
      shared = libraries.reduce((sum, { lines }) => sum + lines.length, 0)
      if (shared >= files)
        announced =
          (await this.#providers(BIG_FILE, '数据')) === 3 && (await this.#providers(ALBUM, 'Zürich')) === 3
    }
    const ms = Math.round(performance.now() - started)
    report.step(
      'shared',
      `The three nodes hashed ${shared} files and told the index server, after ${(ms / 1000).toFixed(1)} s.`,
      { shared, ms },
    )
    report.check(`all ${files} files are shared and announced`, shared === files && announced)
  }

  async #providers(name: string, words: string): Promise<number> {
    const { lines } = await this.#run(this.#fetcher, ['search', words])
    const hits = lines.filter((line) => line.event === 'hit' && line.name === name)
    return Math.max(0, ...hits.map((hit) => (hit.providers as unknown[]).length))
  }

  /** The fourth node, which has nothing, finds files by words in several scripts. */
  async search(): Promise<void> {
    const { report } = this.#stage
    const table: [words: string[], name: string][] = [
      [['été'], BIG_FILE],
      [['数据'], BIG_FILE],
      [['FINAL', 'v2'], BIG_FILE],
      [['песня'], 'песня №5.ogg'],
      [['富士山'], '富士山.png'],
      [['reunion', '2026'], 'réunion & "plan" <2026>.md'],
      [['fluss'], '02 – Fluß.flac'],
    ]
    for (const [words, name] of table) {
      const { code, lines } = await this.#run(this.#fetcher, ['search', ...words])
      const found = lines.some((line) => line.event === 'hit' && line.name === name)
      const done = lines.at(-1) as { ms?: number } | undefined
      report.check(
        `“${words.join(' ')}” finds ${name} (${Math.round(done?.ms ?? 0)} ms)`,
        code === 0 && found,
      )
    }
    const nothing = await this.#run(this.#fetcher, ['search', 'nosuchword'])
    report.check('a word that nobody has finds nothing, exit code 3', nothing.code === 3)
  }

  /** One big file from all three holders at once. */
  async fetchFromThree(): Promise<Record<string, unknown>> {
    const { report, shares, root, nodes } = this.#stage
    report.step('fetch', `node-4 fetches ${BIG_FILE} (64 MiB) from everybody who has it.`)
    const out = join(root, 'fetched', BIG_FILE)
    const { code, lines, errors } = await this.#run(this.#fetcher, ['get', BIG_FILE, '--out', out])
    const done = lines.at(-1) as {
      event?: string
      bytes?: number
      ms?: number
      sources?: Record<string, number>
    }
    if (code !== 0) report.step('error', errors.trim())
    const sources = done?.sources ?? {}
    for (const node of nodes.slice(0, 3)) {
      report.check(
        `${node.name} gave ${((sources[node.peerId] ?? 0) / MIB).toFixed(0)} MiB`,
        (sources[node.peerId] ?? 0) > 0,
      )
    }
    const same = code === 0 && (await sha256(out)) === (await sha256(join(shares[0]!, BIG_FILE)))
    report.check(
      `the copy has the SHA-256 of the original (${done?.ms} ms, ${rate(done?.bytes ?? 0, done?.ms ?? 1)})`,
      same,
    )
    return { fetchedBytes: done?.bytes, fetchMs: done?.ms, sources }
  }

  /** A folder from three holders, one of which is killed without warning half-way. */
  async fetchWhileOneDies(): Promise<void> {
    const { report, shares, root, nodes } = this.#stage
    const victim = nodes[1]!
    report.step('fetch', `node-4 fetches the folder ${ALBUM} (120 MiB); node-2 is killed while it gives.`)
    const search = await this.#run(this.#fetcher, ['search', ALBUM])
    const folder = search.lines.find(
      (line) => line.event === 'hit' && line.name === ALBUM && line.kind === 'folder',
    )
    let killed: Promise<void> | undefined
    let atKill = 0
    const out = join(root, 'fetched', ALBUM)
    const { code, lines, errors } = await this.#run(
      this.#fetcher,
      ['get', String(folder?.cid), '--out', out],
      (line) => {
        const bytes = Number(line.bytes ?? 0)
        if (line.event !== 'progress' || killed || bytes === 0) return
        atKill = bytes
        killed = victim.kill('SIGKILL')
      },
    )
    await killed
    const done = lines.at(-1) as { bytes?: number; ms?: number }
    if (code !== 0) report.step('error', errors.trim())
    const whole = Number(done?.bytes ?? 0)
    report.check(
      `node-2 was killed after ${Math.round(atKill / MIB)} of ${Math.round(whole / MIB)} MiB`,
      atKill > 0 && atKill < whole,
    )
    const names = (await readdir(join(shares[0]!, ALBUM))).sort()
    let same = code === 0
    for (const name of same ? names : []) {
      same &&= (await sha256(join(out, name))) === (await sha256(join(shares[0]!, ALBUM, name)))
    }
    report.check(
      `the folder is whole all the same: ${names.length} files, every SHA-256 right (${done?.ms} ms)`,
      same,
    )
  }
}
