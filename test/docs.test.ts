import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { configMarkdown } from '../scripts/config-docs.ts'
import { ERRORS } from '../src/base/errors.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const pages = [
  ...readdirSync(root).filter((name) => name.endsWith('.md')),
  'deploy/README.md',
  ...readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => join('docs', name)),
]
const read = (page: string) => readFileSync(join(root, page), 'utf8')

test('docs/CONFIG.md says what the settings are', () => {
  assert.equal(read('docs/CONFIG.md'), configMarkdown(), 'run: npm run generate')
})

test('links between pages lead somewhere', () => {
  for (const page of pages) {
    for (const [, target] of read(page).matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)) {
      if (/^[a-z]+:/.test(target!)) continue
      const path = join(root, dirname(page), target!)
      assert.ok(existsSync(path), `${page} links to ${relative(root, path)}, which is not there`)
    }
  }
})

test('npm scripts that the pages name exist', () => {
  const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> }
  for (const page of pages) {
    for (const [, name] of read(page).matchAll(/npm run ([a-z][a-z:-]*)/g)) {
      assert.ok(scripts[name!], `${page} names npm run ${name}`)
    }
  }
})

test('error codes that the pages name exist', () => {
  for (const page of pages) {
    for (const [, code] of read(page).matchAll(/`([A-Z]{2,}(?:_[A-Z]+)+)`/g)) {
      if (code!.startsWith('SHOAL_') || code!.startsWith('XDG_') || code!.startsWith('OTEL_')) continue
      assert.ok(Object.hasOwn(ERRORS, code!), `${page} names the error ${code}`)
    }
  }
})

test('every decision is in the list of decisions', () => {
  const list = read('docs/adr/README.md')
  for (const name of readdirSync(join(root, 'docs/adr'))) {
    if (name !== 'README.md') assert.ok(list.includes(`(${name})`), name)
  }
})

test('every direct dependency has its reason', () => {
  const { dependencies, devDependencies } = JSON.parse(read('package.json')) as Record<
    string,
    Record<string, string>
  >
  const reasons = read('docs/adr/0002-dependencies.md')
  for (const name of Object.keys({ ...dependencies, ...devDependencies })) {
    assert.ok(
      reasons.includes(
        name.replace(/^@(bufbuild|types)\//, (scope) => (name === '@types/node' ? scope : '')),
      ),
      name,
    )
  }
})
