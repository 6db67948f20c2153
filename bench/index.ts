import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '../src/base/clock.ts'
import { silentLogger } from '../src/base/log.ts'
import { type Random, randomInt, seededRandom } from '../src/base/random.ts'
import { cidOfDigest, DAG_PB, RAW } from '../src/content/cid.ts'
import type { SharedEntry } from '../src/content/entry.ts'
import { IndexRegistry } from '../src/index/registry.ts'
import { peerIdFromPublicKey } from '../src/link/identity.ts'
import { drain, residentMemory, timed, watchEventLoop } from './index-measure.ts'
import { percentile, table } from './index-table.ts'
import { Words } from './index-words.ts'

/** How large the benchmark of the index server is. */
export interface IndexBenchOptions {
  /** Default 1000. */
  peers?: number
  /** Files registered in all, those that several peers have counted for each. Default 1,000,000. */
  files?: number
  /** Share of the files that are popular ones, held by many peers. Default 0.1. */
  popularShare?: number
  /** Publications under way at once. Default 4. */
  publishers?: number
  /** Searches of each kind. Default 2000. */
  searches?: number
  /** Searches under way at once. Default 4. */
  searchers?: number
  /** Small sizes, to see that it works. Default false. */
  quick?: boolean
  signal?: AbortSignal
  /** Where the database goes for the time of the run. Default: the system's temporary folder. */
  folder?: string
}

const DEFAULTS = {
  peers: 1000,
  files: 1_000_000,
  popularShare: 0.1,
  publishers: 4,
  searches: 2000,
  searchers: 4,
}
const QUICK = { ...DEFAULTS, peers: 20, files: 20_000, searches: 200 }

const BATCH = 1000
const POPULAR_FILES = 5000

/** What one kind of search took. */
interface Measured {
  readonly perSecond: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly hits: number
}

/** Benchmark of the index server through its registry: the tables of docs/BENCHMARKS.md, as Markdown. */
export async function run(options: IndexBenchOptions = {}): Promise<string> {
  const bench = new IndexBench({ ...(options.quick ? QUICK : DEFAULTS), ...options })
  try {
    return await bench.run()
  } finally {
    await bench.close()
  }
}

class IndexBench {
  readonly #options: typeof DEFAULTS & IndexBenchOptions
  readonly #random: Random = seededRandom(20)
  readonly #words = new Words(this.#random)
  readonly #signal: AbortSignal
  #folder = ''
  #registry: IndexRegistry | undefined

  constructor(options: typeof DEFAULTS & IndexBenchOptions) {
    this.#options = options
    this.#signal = options.signal ?? new AbortController().signal
  }

  async run(): Promise<string> {
    const { peers, files, folder = tmpdir() } = this.#options
    this.#folder = await mkdtemp(join(folder, 'shoal-bench-index-'))
    await this.#open()
    const names = Array.from({ length: peers }, () => peerIdFromPublicKey(this.#random.bytes(32)))
    const loginMs = await timed(() => this.#loginAll(names))
    const stall = watchEventLoop()
    const publishMs = await timed(() => this.#publishAll(names))
    const longestStallMs = stall()
    const republishMs = await timed(() => this.#republish(names[0]!))
    const kinds = await this.#searches()
    const memory = residentMemory()
    await this.#registry!.close()
    const bytes = await this.#bytes()
    const restartMs = await timed(() => this.#open())
    const { entries } = this.#registry!.stats()
    const perFile = Math.round(bytes / files)
    return [
      table(
        ['index server', ''],
        [
          ['peers, files registered', `${peers}, ${entries}`],
          ['logins/s', rate(peers, loginMs)],
          ['registrations/s', rate(files, publishMs)],
          ['longest stall of the event loop meanwhile', `${longestStallMs.toFixed(0)} ms`],
          [`replacing all ${Math.floor(files / peers)} files of one peer`, `${republishMs.toFixed(0)} ms`],
          ['on disk, a file', `${perFile} B`],
          ['memory of its own, with the load generator', `${memory.ownMib} MiB`],
          ['pages of the database mapped besides', `${memory.mappedMib} MiB`],
          ['restart until it answers', `${restartMs.toFixed(0)} ms`],
        ],
      ),
      table(
        ['search', 'hits', 'searches/s', 'p50', 'p99'],
        kinds.map(([kind, { hits, perSecond, p50Ms, p99Ms }]) => [
          kind,
          hits.toFixed(1),
          Math.round(perSecond).toString(),
          `${p50Ms.toFixed(2)} ms`,
          `${p99Ms.toFixed(2)} ms`,
        ]),
      ),
    ].join('\n\n')
  }

  async close(): Promise<void> {
    await this.#registry?.close()
    if (this.#folder) await rm(this.#folder, { recursive: true, force: true })
  }

  async #open(): Promise<void> {
    this.#registry = undefined
    this.#registry = await IndexRegistry.open({
      path: join(this.#folder, 'index.db'),
      clock: systemClock,
      log: silentLogger,
      random: this.#random,
      // The load comes from one machine and is meant to be as heavy as it can: the limits are out of the way, and nobody sends heartbeats.
      options: {
        heartbeatIntervalMs: 600_000,
        publishEntriesPerSecond: 1e9,
        publishBurst: 1e9,
        searchesPerSecond: 1e9,
        searchBurst: 1e9,
      },
    })
  }

  async #loginAll(names: readonly string[]): Promise<void> {
    await Promise.all(
      names.map((peerId, i) => {
        const address = `10.${(i >> 16) & 255}.${(i >> 8) & 255}.${i & 255}:9081`
        const facts = { name: `peer ${i}`, addresses: [address], version: '1', grpcPort: 9081 }
        return this.#registry!.login({ peerId, host: address.split(':')[0]! }, facts)
      }),
    )
  }

  async #publishAll(names: readonly string[]): Promise<void> {
    const { files, peers, publishers } = this.#options
    const waiting = [...names]
    const each = Math.floor(files / peers)
    await Promise.all(
      Array.from({ length: publishers }, async () => {
        for (let peer = waiting.pop(); peer !== undefined; peer = waiting.pop()) {
          this.#signal.throwIfAborted()
          await drain(this.#registry!.publish(peer, this.#batches(each), this.#signal))
        }
      }),
    )
  }

  /** The same number of files again, none of them as before: the worst that a replacement can be. */
  #republish(peer: string): Promise<void> {
    const each = Math.floor(this.#options.files / this.#options.peers)
    return drain(this.#registry!.publish(peer, this.#batches(each), this.#signal))
  }

  async *#batches(count: number) {
    for (let left = count; left > 0; left -= BATCH) {
      const entries = Array.from({ length: Math.min(BATCH, left) }, () => this.#entry())
      yield { entries, replace: left === count, revision: left <= BATCH ? 'r1' : '' }
    }
  }

  #entry(): SharedEntry {
    const { popularShare } = this.#options
    const popular = this.#random.float() < popularShare
    const own = popular ? seededRandom(this.#words.rankBelow(POPULAR_FILES)) : this.#random
    const path = this.#words.path(own)
    const digest = own.bytes(32)
    const small = own.float() < 0.5
    return {
      cid: cidOfDigest(small ? RAW : DAG_PB, digest),
      sha256: Buffer.from(small ? digest : own.bytes(32)).toString('hex'),
      name: path.slice(path.lastIndexOf('/') + 1),
      path,
      sizeBytes: small ? randomInt(own, 1_000_000) : 1_048_577 + randomInt(own, 2 ** 31),
      kind: 'file',
      modifiedMs: 1_700_000_000_000 + randomInt(own, 2 ** 31),
    }
  }

  async #searches(): Promise<[string, Measured][]> {
    const words = this.#words
    const pick = (from: number, to: number) => words.word(from + randomInt(this.#random, to - from))
    const kinds: [string, () => string][] = [
      ['a rare word', () => pick(20_000, 150_000)],
      ['a common word', () => pick(0, 50)],
      ['two common words', () => `${pick(0, 50)} ${pick(0, 50)}`],
      ['a common and a rare word', () => `${pick(0, 50)} ${pick(20_000, 150_000)}`],
      ['a prefix of 3 letters', () => `${pick(0, 2000).slice(0, 3)}*`],
      ['a prefix of 1 letter', () => `${pick(0, 2000).slice(0, 1)}*`],
    ]
    const results: [string, Measured][] = []
    for (const [kind, make] of kinds) {
      results.push([kind, await this.#measure((asker) => this.#search(make(), asker))])
    }
    const known = await this.#registry!.search(
      { words: words.word(0), limit: 1000 },
      { key: 'known', host: '' },
    )
    const cid = () => known[randomInt(this.#random, known.length)]!.entry.cid
    const asker = (key: string) => ({ key, host: '' })
    results.push([
      'providers of a CID',
      await this.#measure(
        async (key) => (await this.#registry!.providers({ cid: cid() }, asker(key))).length,
      ),
    ])
    return results
  }

  async #search(words: string, key: string): Promise<number> {
    return (await this.#registry!.search({ words }, { key, host: '' }, this.#signal)).length
  }

  async #measure(once: (key: string) => Promise<number>): Promise<Measured> {
    const { searches, searchers } = this.#options
    for (let i = 0; i < 20; i++) await once('warm-up')
    const takenMs: number[] = []
    let hits = 0
    const totalMs = await timed(() =>
      Promise.all(
        Array.from({ length: searchers }, async (_, key) => {
          while (takenMs.length < searches) {
            const started = performance.now()
            const found = await once(String(key))
            hits += found
            takenMs.push(performance.now() - started)
          }
        }),
      ),
    )
    return {
      perSecond: (takenMs.length / totalMs) * 1000,
      p50Ms: percentile(takenMs, 0.5),
      p99Ms: percentile(takenMs, 0.99),
      hits: hits / takenMs.length,
    }
  }

  async #bytes(): Promise<number> {
    const path = join(this.#folder, 'index.db')
    return (await stat(path)).size
  }
}

const rate = (count: number, ms: number): string => Math.round((count / ms) * 1000).toString()

if (import.meta.main) {
  const [peers, files] = process.argv.slice(2).map(Number)
  console.log(await run({ ...(peers && { peers }), ...(files && { files }) }))
}
