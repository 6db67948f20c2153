// Runs the tests: all of them, or the files and node options given behind `npm test --`.
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const given = process.argv.slice(2)
const patterns = given.some((arg) => !arg.startsWith('-'))
  ? []
  : ['src/**/*.test.ts', 'test/**/*.test.ts', 'lab/**/*.test.ts']
const { status } = spawnSync(
  process.execPath,
  ['--test', '--test-concurrency=2', '--test-timeout=300000', ...given, ...patterns],
  { cwd: root, stdio: 'inherit' },
)
process.exitCode = status ?? 1
