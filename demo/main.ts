/**
 * Shoal's main job with real processes: an index server and four nodes share real files, find them by words, and fetch
 * one from three holders at once, and a folder while one of its holders dies. Then six nodes do without a server.
 *
 *   npm run demo                 for people
 *   npm run demo -- --json       one JSON object a line, the last one {"event":"summary","ok":true,…}
 *   npm run demo -- --keep       leaves everything running until Ctrl-C
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { MIB } from '../src/base/units.ts'
import { makeFiles } from './files.ts'
import { startProcess, stopAll } from './processes.ts'
import { Report } from './report.ts'
import { Scenes } from './scenes.ts'
import { ServerlessScene } from './serverless.ts'

const { values: options } = parseArgs({
  options: { json: { type: 'boolean', default: false }, keep: { type: 'boolean', default: false } },
})

const report = new Report(options.json)
const root = mkdtempSync(join(tmpdir(), 'shoal-demo-'))
const environment = { HOME: root, XDG_RUNTIME_DIR: join(root, 'run'), SHOAL_LOG_LEVEL: 'warn' }
mkdirSync(environment.XDG_RUNTIME_DIR, { mode: 0o700 })

async function run(): Promise<boolean> {
  const started = performance.now()
  const shares = [0, 1, 2].map((i) => join(root, `node-${i + 1}`, 'share'))
  const made = await makeFiles(shares)
  report.step(
    'files',
    `Made ${made.files} files with random content, ${Math.round(made.bytes / MIB)} MiB, for three nodes.`,
    { ...made },
  )

  const ports = ['--http-port', '0', '--grpc-port', '0', '--grpc-host', '127.0.0.1', '--json']
  const index = await startProcess('index', ['index', '--data', join(root, 'index'), ...ports], environment)
  const nodes = await Promise.all(
    [...shares, undefined].map((share, i) => {
      const args = ['start', '--data', join(root, `node-${i + 1}`, 'data'), '--name', `node-${i + 1}`]
      const role = [
        '--index',
        index.grpc,
        '--p2p-port',
        '0',
        '--no-mdns',
        ...(share ? ['--share', share] : []),
      ]
      return startProcess(`node-${i + 1}`, [...args, ...role, ...ports], environment)
    }),
  )
  report.step(
    'started',
    `Started an index server (pid ${index.pid}) and four nodes (pids ${nodes.map((node) => node.pid).join(', ')}), each a process.`,
    {
      index: index.http,
      nodes: nodes.map(({ name, pid, peerId, http, grpc }) => ({ name, pid, peerId, http, grpc })),
    },
  )

  const scenes = new Scenes({ report, environment, root, shares, nodes })
  await scenes.share(made.files)
  await scenes.search()
  const bulk = await scenes.fetchFromThree()
  await scenes.fetchWhileOneDies()
  await new ServerlessScene({ report, environment, root }).play()

  const ms = Math.round(performance.now() - started)
  const ok = report.summary(
    { ms, ...bulk },
    `All ${report.checks} checks held, in ${(ms / 1000).toFixed(1)} s: shared, found by words with and without a server, fetched from three sources, every block verified.`,
  )
  if (options.keep) {
    report.step(
      'kept',
      `Everything keeps running. Index: ${index.http}. Nodes: ${nodes.map((node) => `${node.name} ${node.http}`).join(', ')}. Ctrl-C stops and removes it.`,
      { root },
    )
    const held = setInterval(() => {}, 60_000)
    await new Promise((resolve) => process.once('SIGINT', resolve).once('SIGTERM', resolve))
    clearInterval(held)
  }
  return ok
}

let ok = false
const interrupted = () =>
  void stopAll()
    .then(
      () => cleanUp(),
      () => cleanUp(),
    )
    .then(() => process.exit(1))
const cleanUp = () => rmSync(root, { recursive: true, force: true, maxRetries: 5 })
if (!options.keep) process.once('SIGINT', interrupted).once('SIGTERM', interrupted)
try {
  ok = await run()
} catch (error) {
  report.check(`nothing unexpected: ${(error as Error).message}`, false)
  report.summary({}, '')
} finally {
  await stopAll()
  cleanUp()
}
process.exitCode = ok ? 0 : 1
