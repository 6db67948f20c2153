// Packs the package, installs it into an empty folder as a user would, and runs what was installed.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'shoal-package-'))
// The installed package takes the Node it finds: this one, which is new enough.
const env = {
  ...process.env,
  PATH: `${dirname(process.execPath)}:${process.env.PATH}`,
  HOME: folder,
  XDG_RUNTIME_DIR: folder,
}
const run = (command: string, args: string[], cwd: string) =>
  execFileSync(command, args, { cwd, env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] })

function start(args: string[]): { child: ChildProcess; ready: Promise<{ http: string; version: string }> } {
  const child = spawn(join(folder, 'node_modules/.bin/shoal'), args, {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const lines = createInterface({ input: child.stdout! })
  const ready = Promise.race([
    once(lines, 'line').then(([line]) => JSON.parse(line as string)),
    once(child, 'exit').then(([code]) => Promise.reject(new Error(`shoal ${args[0]} ended with ${code}`))),
  ])
  return { child, ready }
}

try {
  const packed = JSON.parse(run('npm', ['pack', '--json', '--pack-destination', folder], root)) as unknown
  const report = (Array.isArray(packed) ? packed[0] : Object.values(packed as object)[0]) as {
    filename: string
    entryCount: number
    unpackedSize: number
  }
  writeFileSync(join(folder, 'package.json'), '{ "private": true }\n')
  run(
    'npm',
    [
      'install',
      '--no-audit',
      '--no-fund',
      '--ignore-scripts',
      '--loglevel=error',
      join(folder, report.filename),
    ],
    folder,
  )
  const { child, ready } = start([
    'start',
    '--data',
    join(folder, 'data'),
    '--http-port',
    '0',
    '--grpc-port',
    '0',
    '--grpc-host',
    '127.0.0.1',
    '--json',
  ])
  const { http, version } = await ready
  const status = run(join(folder, 'node_modules/.bin/shoal'), ['status', '--node', http, '--json'], folder)
  const page = await fetch(http)
  const script = /src="(\/assets\/[^"]+)"/.exec(await page.text())?.[1]
  if (script === undefined || !(await fetch(http + script)).ok) throw new Error('the package has no web app')
  child.kill('SIGTERM')
  const [code] = await once(child, 'exit')
  if (code !== 0 || JSON.parse(status).version !== version)
    throw new Error(`the installed node is not well: ${code} ${status}`)
  console.log(
    `package ${report.filename}: ${report.entryCount} files, ${Math.round(report.unpackedSize / 1024)} KiB; installed, started and stopped`,
  )
} finally {
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
}
