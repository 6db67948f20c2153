// Runs before every npm script, with whatever Node started npm (20 is enough), so it is plain JavaScript.
// Installs the locked dependencies when they are missing or older than the lockfile, and builds the web app when it changed.
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { buildWeb } from './web.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
const lockHash = createHash('sha256')
  .update(readFileSync(`${root}package-lock.json`))
  .digest('hex')
const stamp = `${root}node_modules/.shoal-lock`
const nodeBinary = `${root}node_modules/.bin/node`
const installed = () =>
  existsSync(stamp) && readFileSync(stamp, 'utf8') === lockHash && existsSync(nodeBinary)

if (!installed()) {
  const started = Date.now()
  console.error('shoal: installing dependencies (once) …')
  // The npm that runs this script is the one that must install: PATH may hold another.
  const npm = process.env.npm_execpath
  // Not `npm ci`: it wants the optional binaries of every platform in the lockfile, which a registry need not have.
  const args = ['install', '--no-save', '--no-audit', '--no-fund', '--loglevel=error']
  const options = { cwd: root, stdio: ['ignore', 2, 2] }
  if (npm?.endsWith('.js')) execFileSync(process.execPath, [npm, ...args], options)
  else execFileSync('npm', args, { ...options, shell: process.platform === 'win32' })
  if (!existsSync(nodeBinary)) {
    throw new Error(
      'npm did not install the Node runtime: allow the install script of the package "node" and try again',
    )
  }
  writeFileSync(stamp, lockHash)
  console.error(`shoal: dependencies installed in ${Math.round((Date.now() - started) / 1000)} s`)
}

buildWeb(root)
