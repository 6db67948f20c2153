// Runs the tests: all of them, or the files and node options given behind `npm test --`.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
/** Hundreds of processes load the same code: each is a fifth of a second faster when it need not be compiled again. */
const cache = join(root, 'node_modules/.cache/node-compile')
const given = process.argv.slice(2)
const patterns = given.some((arg) => !arg.startsWith('-'))
  ? []
  : ['src/**/*.test.ts', 'test/**/*.test.ts', 'lab/**/*.test.ts', 'web/src/**/*.test.ts']
const { status } = spawnSync(
  process.execPath,
  ['--test', '--test-concurrency=3', '--test-timeout=300000', ...given, ...patterns],
  { cwd: root, stdio: 'inherit', env: { NODE_COMPILE_CACHE: cache, ...process.env } },
)
process.exitCode = status ?? 1
