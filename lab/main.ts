/** The laboratory: runs scenarios and writes what came out as tables and plots. See docs/lab/README.md. */
import { cpus, release } from 'node:os'
import { fileURLToPath } from 'node:url'
import { type LabArguments, readArguments, USAGE, UsageError } from './arguments.ts'
import { runAll } from './jobs.ts'
import type { RunResult } from './measures.ts'
import { millis, num } from './report/format.ts'
import { writeReport } from './report/write.ts'
import { SCENARIOS } from './scenarios/all.ts'

/** Messages of thousands of nodes die soon, and all of them are in one heap. */
const YOUNG_SPACE = '--max-semi-space-size=64'

/** Worlds of more nodes than this have the memory of the machine for themselves. */
const MAX_NODES_BESIDE = 3000

async function main(given: LabArguments): Promise<void> {
  if (given.help) return console.log(USAGE)
  if (given.list) {
    for (const { name, title } of SCENARIOS) console.log(`${name.padEnd(12)}${title}`)
    return
  }
  const out = given.out ?? fileURLToPath(new URL('../docs/lab', import.meta.url))
  const machine = `${cpus()[0]?.model ?? 'unknown processor'}, ${cpus().length} cores, Linux ${release()}, Node ${process.version}`
  for (const scenario of given.scenarios) {
    const specs = scenario.specs(given)
    const isBig = specs.some(({ nodes }) => nodes > MAX_NODES_BESIDE)
    console.log(`# ${scenario.title}\n\n${specs.length} worlds …`)
    const results = await runAll(specs, {
      atOnce: isBig ? 1 : given.jobs,
      execArgv: [YOUNG_SPACE, ...process.execArgv],
      onDone: ({ spec, real }: RunResult) =>
        console.log(`  ${spec.label}: ${millis(real.wallMs)}, ${num(real.peakRssMiB)} MiB`),
    })
    const date = new Date().toISOString().slice(0, 10)
    console.log(`\n${writeReport(scenario, results, { out, machine, date })}`)
  }
}

try {
  await main(readArguments(process.argv.slice(2)))
} catch (error) {
  if (!(error instanceof UsageError)) throw error
  console.error(`${error.message}\n\n${USAGE}`)
  process.exitCode = 2
}
