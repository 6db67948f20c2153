// Builds the web app into web/dist when what it is made from has changed; otherwise does nothing. Plain JavaScript, as setup.mjs is.
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** What the app is made from: its folder, and what it takes from the node's own sources. */
const SOURCES = ['web', 'src/base', 'package-lock.json']

/** @param root of the checkout, with a slash at its end @returns whether it was built */
export function buildWeb(root) {
  // An image installs packages before the sources are there.
  if (!existsSync(join(root, 'web/index.html'))) return false
  const stamp = join(root, 'web/dist/.stamp')
  const made = digest(root)
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === made) return false
  console.error('shoal: building the web app …')
  const vite = join(root, 'node_modules/vite/bin/vite.js')
  // Never by the Node that runs this script: it may be too old.
  execFileSync(join(root, 'node_modules/.bin/node'), [vite, 'build', 'web', '--logLevel', 'warn'], {
    cwd: root,
    stdio: ['ignore', 2, 2],
  })
  writeFileSync(stamp, made)
  return true
}

function digest(root) {
  const hash = createHash('sha256')
  for (const source of SOURCES.flatMap((path) => filesOf(root, path)).sort())
    hash.update(`${source}\0`).update(readFileSync(join(root, source)))
  return hash.digest('hex')
}

function filesOf(root, path) {
  if (path.endsWith('.json')) return [path]
  const entries = readdirSync(join(root, path), { withFileTypes: true })
  return entries.flatMap((entry) => {
    const below = `${path}/${entry.name}`
    if (entry.isDirectory()) return entry.name === 'dist' ? [] : filesOf(root, below)
    return /\.test\.ts$/.test(entry.name) ? [] : [below]
  })
}
