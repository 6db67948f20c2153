import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { DIALECT_NAMES } from '../src/dialects/dialect.ts'

/**
 * The floors of the house, lowest first: a module may import from its own floor's folder and from floors below it.
 * Modules that stand on one floor do not import each other.
 */
const FLOORS = [
  ['base'],
  ['contract'],
  ['content'],
  ['storage'],
  ['library', 'link'],
  ['fabric'],
  ['discovery', 'transfer', 'replication', 'kv'],
  ['index'],
  ['api'],
  ['dialects'],
  ['node'],
  ['cli'],
]

/** Libraries that only some modules may touch, so that they can be exchanged. */
const CONFINED: [pattern: RegExp, modules: string[]][] = [
  [/^@grpc\//, ['link', 'index', 'api', 'dialects']],
  [/^grpc-health-check$/, ['link']],
  [/^node:sqlite$/, ['storage', 'index']],
  [/^@?fastify(\/|$)/, ['api', 'dialects']],
  [/^@?libp2p(\/|$)/, ['fabric', 'discovery']],
  [/^prom-client$/, ['api']],
  [/^@opentelemetry\//, ['node']],
  [/^commander$/, ['cli']],
  [/^@clack\//, ['cli']],
  [/^@parcel\/watcher$/, ['library']],
]

const src = fileURLToPath(new URL('../src', import.meta.url))
const floorOf = (module: string) => FLOORS.findIndex((floor) => floor.includes(module))
const moduleOf = (path: string) => relative(src, path).split('/')[0]!

function sources(): string[] {
  return readdirSync(src, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts') && !entry.name.endsWith('.test.ts'))
    .map((entry) => join(entry.parentPath, entry.name))
}

/** What a module names; or, without types, what is loaded with it. */
function importsOf(path: string, { types = true } = {}): string[] {
  const source = readFileSync(path, 'utf8')
  const text = types ? source : source.replaceAll(/^(?:import|export) type [^'"]*?from '[^']+'/gm, '')
  return [
    ...text.matchAll(
      /(?:^|\s)(?:import|export)\s[^'"]*?from\s*['"]([^'"]+)['"]|import\(\s*['"]([^'"]+)['"]/g,
    ),
  ].map((match) => (match[1] ?? match[2])!)
}

test('every module stands on a floor', () => {
  for (const module of new Set(sources().map(moduleOf)))
    assert.ok(floorOf(module) >= 0, `src/${module} has no floor`)
})

test('imports run down, never sideways', () => {
  const wrong: string[] = []
  for (const path of sources()) {
    const from = moduleOf(path)
    for (const target of importsOf(path).filter((name) => name.startsWith('.'))) {
      const to = moduleOf(join(dirname(path), target))
      if (to !== from && floorOf(to) >= floorOf(from)) wrong.push(`${relative(src, path)} imports ${target}`)
    }
  }
  assert.deepEqual(wrong, [])
})

test('confined libraries stay in their modules', () => {
  const wrong: string[] = []
  for (const path of sources()) {
    for (const target of importsOf(path)) {
      const rule = CONFINED.find(([pattern]) => pattern.test(target))
      if (rule && !rule[1].includes(moduleOf(path))) wrong.push(`${relative(src, path)} imports ${target}`)
    }
  }
  assert.deepEqual(wrong, [])
})

test('the cli reaches a node only through its API, but for the commands that start one or are for its folder', () => {
  // The names of the locators are part of the command line's contract.
  const shared = /\/(base|cli)\/|\/discovery\/locator\.ts$/
  const wrong: string[] = []
  for (const path of sources().filter((name) => moduleOf(name) === 'cli')) {
    for (const target of importsOf(path).filter((name) => name.startsWith('.'))) {
      const isOutside = /\/node\/(start|start-index|network-folder|doctor\/local)\.ts$/.test(target)
      if (!isOutside && !shared.test(join(dirname(path), target)))
        wrong.push(`${relative(src, path)} imports ${target}`)
    }
  }
  assert.deepEqual(wrong, [])
})

/** What the web app may load of the node's sources: pure functions; and what it may know the types of. */
const WEB_LOADS = ['src/base/printable.ts', 'src/base/units.ts']
const WEB_TYPES = /^src\/api\/schemas\/[a-z]+\.ts$/

test('a dialect is a thin adapter', () => {
  const lines = Map.groupBy(
    sources().filter((path) => DIALECT_NAMES.some((name) => path.includes(`/dialects/${name}/`))),
    (path) => relative(src, dirname(path)),
  )
  assert.equal(lines.size, DIALECT_NAMES.length)
  for (const [folder, paths] of lines) {
    const count = paths.reduce((sum, path) => sum + readFileSync(path, 'utf8').split('\n').length - 1, 0)
    assert.ok(
      count <= 250,
      `${folder} has ${count} lines: what several dialects need stands in dialects/common`,
    )
  }
})

test('the web app reaches a node only through its API', () => {
  const web = fileURLToPath(new URL('../web/src', import.meta.url))
  const wrong: string[] = []
  for (const entry of readdirSync(web, { recursive: true, withFileTypes: true })) {
    if (!/(?<!\.test)\.tsx?$/.test(entry.name)) continue
    const path = join(entry.parentPath, entry.name)
    for (const target of importsOf(path).filter((name) => name.startsWith('.'))) {
      const to = relative(dirname(src), join(dirname(path), target))
      const isType = !importsOf(path, { types: false }).includes(target)
      if (to.startsWith('src/') && !WEB_LOADS.includes(to) && !(isType && WEB_TYPES.test(to)))
        wrong.push(`${relative(web, path)} imports ${target}`)
    }
  }
  assert.deepEqual(wrong, [])
})

test('a disk thread loads no package: it starts in the middle of a fetch', () => {
  const packages: string[] = []
  const seen = new Set<string>()
  const walk = (path: string) => {
    if (seen.has(path)) return
    seen.add(path)
    for (const target of importsOf(path, { types: false })) {
      if (target.startsWith('.')) walk(join(dirname(path), target))
      else if (!target.startsWith('node:')) packages.push(`${relative(src, path)} imports ${target}`)
    }
  }
  walk(join(src, 'transfer/disk/disk-worker.ts'))
  assert.ok(seen.size > 3)
  assert.deepEqual(packages, [])
})

test('a command loads nothing of the menu', () => {
  const seen = new Set<string>()
  const walk = (path: string) => {
    if (seen.has(path)) return
    seen.add(path)
    const text = readFileSync(path, 'utf8').replaceAll(/await import\(.*?\)/g, '')
    for (const [, target] of text.matchAll(/^(?:import|export) (?!type )[^'"]*?from '([^']+)'/gm))
      if (target!.startsWith('.')) walk(join(dirname(path), target!))
      else assert.doesNotMatch(target!, /^@clack/, relative(src, path))
  }
  for (const start of ['cli/main.ts', 'cli/io.ts', 'cli/run.ts', 'cli/commands/id.ts']) walk(join(src, start))
  assert.ok(seen.size > 5)
  assert.deepEqual(
    [...seen].filter((path) => path.includes('/menu/')),
    [],
  )
})

test('rooms are small: the median file is under 150 lines', () => {
  const lengths = sources()
    .filter((path) => !path.includes('/gen/'))
    .map((path) => readFileSync(path, 'utf8').split('\n').length)
    .sort((a, b) => a - b)
  const median = lengths[Math.floor(lengths.length / 2)] ?? 0
  assert.ok(median < 150, `the median is ${median}`)
})
