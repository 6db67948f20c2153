import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdtemp, open, rm, statfs, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs, promisify } from 'node:util'
import { silentLogger } from '../src/base/log.ts'
import { formatBytes, GIB, MIB } from '../src/base/units.ts'
import { DEFAULT_INGEST_OPTIONS, Ingestor } from '../src/content/ingest.ts'
import { median } from './stats.ts'

/**
 * How fast files become shareable: CID and SHA-256 in one read, against `openssl dgst -sha256`, which takes one of both
 * hashes. Rounds alternate, so that whatever else the machine does hits both alike.
 *
 *   node bench/ingest.ts [--rounds 5] [--size BYTES]
 */
export interface IngestBenchOptions {
  /** Rounds of each program; the median counts. */
  rounds: number
  /** Bytes of the big file. */
  sizeBytes: number
}

const QUICK_INGEST_BENCH: IngestBenchOptions = { rounds: 1, sizeBytes: 32 * MIB }
export const DEFAULT_INGEST_BENCH: IngestBenchOptions = { rounds: 5, sizeBytes: GIB }

const SMALL_FILES = 20_000
const SMALL_BYTES = 4096

/** Runs the benchmark and gives its tables as Markdown. */
export async function run({
  quick = false,
  ...given
}: Partial<IngestBenchOptions> & { quick?: boolean } = {}): Promise<string> {
  const { rounds, sizeBytes } = { ...(quick ? QUICK_INGEST_BENCH : DEFAULT_INGEST_BENCH), ...given }
  const folder = await mkdtemp(join(await roomFor(sizeBytes + SMALL_FILES * SMALL_BYTES * 2), 'shoal-bench-'))
  const ingestor = new Ingestor({ log: silentLogger })
  try {
    const big = await benchBigFile(ingestor, join(folder, 'big'), { rounds, sizeBytes })
    const small = await benchSmallFiles(ingestor, folder, rounds)
    return [
      `${DEFAULT_INGEST_OPTIONS.threads} hashing threads, medians of ${rounds} rounds, files in the page cache`,
      big,
      small,
    ].join('\n\n')
  } finally {
    await ingestor.close()
    await rm(folder, { recursive: true, force: true })
  }
}

async function benchBigFile(
  ingestor: Ingestor,
  path: string,
  { rounds, sizeBytes }: IngestBenchOptions,
): Promise<string> {
  await writeRandomFile(path, sizeBytes)
  const openssl = promisify(execFile)
  const opensslMs: number[] = []
  const shoalMs: number[] = []
  for (let round = -1; round < rounds; round++) {
    const reference = await timed(() => openssl('openssl', ['dgst', '-sha256', '-r', path]))
    const ours = await timed(() => ingestor.ingest(path))
    if (!reference.result.stdout.startsWith(ours.result.sha256)) throw new Error('the SHA-256 is wrong')
    // The first round starts threads and warms caches, and does not count.
    if (round < 0) continue
    opensslMs.push(reference.ms)
    shoalMs.push(ours.ms)
  }
  const [base, own] = [median(opensslMs), median(shoalMs)]
  const rate = (ms: number) => (sizeBytes / 1e6 / (ms / 1000)).toFixed(0)
  return [
    `| one file of ${formatBytes(sizeBytes)} | ms | MB/s | against openssl |`,
    '|---|---:|---:|---:|',
    `| \`openssl dgst -sha256\` (one hash) | ${base.toFixed(0)} | ${rate(base)} | 1.00 |`,
    `| Shoal, CID and SHA-256 (two hashes) | ${own.toFixed(0)} | ${rate(own)} | ${(base / own).toFixed(2)} |`,
  ].join('\n')
}

async function benchSmallFiles(ingestor: Ingestor, folder: string, rounds: number): Promise<string> {
  const paths = Array.from({ length: SMALL_FILES }, (_, index) => join(folder, `small-${index}`))
  for (const path of paths) await writeFile(path, randomBytes(SMALL_BYTES))
  const rates: number[] = []
  for (let round = -1; round < rounds; round++) {
    const { ms } = await timed(() => Promise.all(paths.map((path) => ingestor.ingest(path))))
    if (round >= 0) rates.push(SMALL_FILES / (ms / 1000))
  }
  return [
    `| ${SMALL_FILES} files of ${formatBytes(SMALL_BYTES)} | files/s |`,
    '|---|---:|',
    `| Shoal, CID and SHA-256 | ${median(rates).toFixed(0)} |`,
  ].join('\n')
}

async function timed<T>(work: () => Promise<T>): Promise<{ ms: number; result: T }> {
  const start = performance.now()
  const result = await work()
  return { ms: performance.now() - start, result }
}

async function writeRandomFile(path: string, sizeBytes: number): Promise<void> {
  await using file = await open(path, 'wx')
  for (let rest = sizeBytes; rest > 0; rest -= 8 * MIB) await file.write(randomBytes(Math.min(rest, 8 * MIB)))
}

/** Memory where there is enough of it, so that no disk is measured. */
async function roomFor(bytes: number): Promise<string> {
  if (!existsSync('/dev/shm')) return tmpdir()
  const { bavail, bsize } = await statfs('/dev/shm')
  return bavail * bsize > bytes * 1.5 ? '/dev/shm' : tmpdir()
}

if (import.meta.main) {
  const { values } = parseArgs({ options: { rounds: { type: 'string' }, size: { type: 'string' } } })
  const rounds = Number(values.rounds ?? DEFAULT_INGEST_BENCH.rounds)
  const sizeBytes = Number(values.size ?? DEFAULT_INGEST_BENCH.sizeBytes)
  if (!(Number.isInteger(rounds) && rounds >= 1 && Number.isSafeInteger(sizeBytes) && sizeBytes >= 1)) {
    throw new RangeError('--rounds and --size are whole numbers from 1 on')
  }
  console.log(await run({ rounds, sizeBytes }))
}
