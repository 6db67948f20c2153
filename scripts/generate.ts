// Makes src/contract/gen from proto/. With --check it changes nothing and exits 1 when what is there is not fresh.
import { execFileSync } from 'node:child_process'
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const target = join(root, 'src/contract/gen')

function generate(out: string): void {
  const buf = (...args: string[]) => {
    execFileSync(join(root, 'node_modules/.bin/buf'), args, {
      cwd: root,
      stdio: ['ignore', 'inherit', 'inherit'],
    })
  }
  buf('lint')
  const template = readFileSync(join(root, 'buf.gen.yaml'), 'utf8').replace('src/contract/gen', out)
  buf('generate', '--clean', '--template', JSON.stringify(parseTemplate(template)))
  buf('build', '--exclude-source-info', '-o', `${join(out, 'descriptors.binpb')}`)
}

/** buf takes an inline template as JSON; the file is the three-key YAML beside package.json. */
function parseTemplate(yaml: string): unknown {
  const value = (key: string) => new RegExp(`${key}: (.+)`).exec(yaml)?.[1] ?? ''
  const opt = value('opt').slice(1, -1).split(', ')
  return { version: 'v2', plugins: [{ local: value('- local'), out: value('out'), opt }] }
}

function listing(folder: string): Map<string, string> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  )
  const paths = files.map((entry) => join(entry.parentPath, entry.name)).sort()
  return new Map(paths.map((path) => [path.slice(folder.length), readFileSync(path, 'base64')]))
}

const scratch = mkdtempSync(join(tmpdir(), 'shoal-generate-'))
try {
  generate(scratch)
  const made = listing(scratch)
  if (process.argv.includes('--check')) {
    const present = listing(target)
    const stale = [...new Set([...made.keys(), ...present.keys()])].filter(
      (p) => made.get(p) !== present.get(p),
    )
    if (stale.length > 0) {
      console.error(`Not fresh: ${stale.join(', ')}. Run: npm run generate`)
      process.exitCode = 1
    }
  } else {
    rmSync(target, { recursive: true, force: true })
    cpSync(scratch, target, { recursive: true })
  }
} finally {
  rmSync(scratch, { recursive: true, force: true })
}
