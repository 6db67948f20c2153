import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))
export const README = join(root, 'README.md')

const BLOCK = /<!-- tour -->\n```sh\n([\s\S]*?)```\n/g
/** What stands behind the place for output: nothing yet, or the output as it was. */
const OUTPUT = /<!-- output -->\n(?:\n```\n[\s\S]*?```\n)?/g

/** The tour's blocks of commands, in order. */
export function tourBlocks(readme: string): string[] {
  return [...readme.matchAll(BLOCK)].map((match) => match[1]!)
}

/** The outputs that the README shows, in order. */
export function shownOutputs(readme: string): string[] {
  return [...readme.matchAll(OUTPUT)].map((match) => /```\n([\s\S]*?)```/.exec(match[0])?.[1] ?? '')
}

/** The README with these outputs in their places. */
export function withOutputs(readme: string, outputs: readonly string[]): string {
  let next = 0
  return readme.replace(OUTPUT, () => `<!-- output -->\n\n\`\`\`\n${outputs[next++] ?? ''}\`\`\`\n`)
}

/** What differs from run to run: keys, hashes of random content, times, ports, and which locator is the first to know. */
export function withoutChance(output: string): string {
  return (
    output
      .replace(/12D3KooW\w+/g, 'PEERID')
      .replace(/baf[ky]\w+/g, 'CID')
      .replace(/[0-9a-f]{64}/g, 'HASH')
      .replace(/127\.0\.0\.1:\d+/g, 'HOST:PORT')
      .replace(/\/tcp\/\d+/g, '/tcp/PORT')
      .replace(/(\/[\w.-]+)+\/tour\//g, '~/tour/')
      .replace(/\d+(\.\d+)? (ms|s)\b/g, 'TIME')
      .replace(/"(ms|modifiedMs|lastSeenMs|updatedMs|latencyMs)":(null|[\d.]+)/g, '"$1":TIME')
      .replace(/· via [a-z, ]+$/gm, '· via LOCATORS')
      .replace(/^ {2}(library|index|zone|flood|dht): .*$/gm, '  $1: COST')
      .replace(/"via":("[a-z,]*"|\[[^\]]*\])/g, '"via":LOCATORS')
      .replace(/"via":\{.*\}\}$/gm, '"via":COSTS}')
      // A hit comes again when another locator finds it too.
      .replace(/^(.*\n)\1+/gm, '$1')
  )
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  await once(server, 'close')
  return port
}

/** Marks the end of a block's output. */
const MARK = '\u0001'

/**
 * Types the README's tour into a shell: the checkout as current folder, an empty home, loopback only, and Anna on a
 * free port. Between blocks it waits, as a person would, until what was started is there.
 *
 * @returns the output of each block whose output the README shows
 */
export async function runTour(readme: string): Promise<string[]> {
  const home = mkdtempSync(join(tmpdir(), 'shoal-tour-'))
  const port = await freePort()
  const waits = [
    'until [ -f ~/tour/anna/node.json ]; do sleep 0.1; done',
    'for name in anna ben; do until [ -f ~/tour/$name/node.json ]; do sleep 0.1; done; done; for via in zone flood dht; do for word in live ete; do until npx shoal search $word --via $via --data ~/tour/ben; do sleep 0.2; done; done; done',
    'true',
    'for via in zone flood dht; do until npx shoal search live --via $via --data ~/tour/anna | grep -q ben; do sleep 0.2; done; done',
    'until npx shoal peers --data ~/tour/ben --json | grep -q anna; do sleep 0.2; done',
    'kill $(jobs -p); wait',
  ]
  const blocks = tourBlocks(readme).map((block, i) => {
    const commands = block
      .replace('--name anna', `--name anna --grpc-port ${port}`)
      .replaceAll('127.0.0.1:9081', `127.0.0.1:${port}`)
    // Servers talk to the terminal as well; here that would stand between the answers.
    const quiet = commands.replace(/ &$/gm, ' >/dev/null 2>&1 &')
    return `${quiet}printf '${MARK}'\n{ ${waits[i]}; } >/dev/null 2>&1\n`
  })
  // One pipe for both, as a terminal is: two would come in any order.
  const script = `exec 2>&1\nnpx() { shift; '${root}bin/shoal' "$@"; }\n${blocks.join('')}`
  const shell = spawn('bash', ['-c', script], {
    cwd: root,
    detached: true,
    env: {
      PATH: process.env.PATH,
      HOME: home,
      XDG_RUNTIME_DIR: home,
      SHOAL_GRPC_HOST: '127.0.0.1',
      SHOAL_HTTP_PORT: '0',
      SHOAL_GRPC_PORT: '0',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  // Both are the terminal to whoever types this.
  for (const stream of [shell.stdout, shell.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text
    })
  }
  try {
    await once(shell, 'close')
  } finally {
    try {
      process.kill(-shell.pid!, 'SIGKILL')
    } catch {
      // Everything of the group is gone already.
    }
    rmSync(home, { recursive: true, force: true, maxRetries: 5 })
  }
  return output
    .split(MARK)
    .slice(2, -1)
    .map((text) => text.replaceAll(`${home}/`, '/home/you/'))
}

if (import.meta.main) {
  const { writeFileSync } = await import('node:fs')
  const readme = readFileSync(README, 'utf8')
  writeFileSync(README, withOutputs(readme, await runTour(readme)))
}
