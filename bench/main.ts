/**
 * Runs the benchmarks and prints their tables as Markdown.
 *
 *   npm run bench                     all, at full size
 *   npm run bench -- ingest index     some
 *   npm run bench -- --quick          small sizes, to see that they work
 *   npm run bench -- --write          puts the tables into docs/BENCHMARKS.md
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { cpus, release } from 'node:os'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const BENCHMARKS = ['ingest', 'index', 'fabric', 'transfer', 'web'] as const
const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: { quick: { type: 'boolean', default: false }, write: { type: 'boolean', default: false } },
})
const unknown = positionals.find((name) => !BENCHMARKS.includes(name as (typeof BENCHMARKS)[number]))
if (unknown !== undefined) {
  console.error(`There is no benchmark "${unknown}". There are: ${BENCHMARKS.join(', ')}.`)
  process.exit(2)
}

const machine = `${cpus()[0]?.model ?? 'unknown processor'}, ${cpus().length} cores, Linux ${release()}, Node ${process.version}`
const path = fileURLToPath(new URL('../docs/BENCHMARKS.md', import.meta.url))
for (const name of BENCHMARKS.filter((name) => positionals.length === 0 || positionals.includes(name))) {
  const { run } = (await import(`./${name}.ts`)) as { run: (options: { quick: boolean }) => Promise<string> }
  const table = `${(await run({ quick: options.quick })).trim()}\n\nMeasured on ${machine}, ${new Date().toISOString().slice(0, 10)}.`
  console.log(`## ${name}\n\n${table}\n`)
  if (options.write && !options.quick) {
    const text = readFileSync(path, 'utf8')
    const section = new RegExp(`(<!-- ${name} -->\n)[^]*?(<!-- /${name} -->)`)
    if (!section.test(text)) throw new Error(`docs/BENCHMARKS.md has no section for ${name}`)
    writeFileSync(
      path,
      text.replace(section, (_, open: string, close: string) => `${open}\n${table}\n\n${close}`),
    )
  }
}
