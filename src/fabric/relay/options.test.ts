import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { formatBytes, formatDuration, MIB } from '../../base/units.ts'
import { DEFAULT_RELAY_OPTIONS, windowBytes } from './options.ts'

test('docs/LIMITS.md says what the defaults are', () => {
  const page = readFileSync(new URL('../../../docs/LIMITS.md', import.meta.url), 'utf8')
  const section = page.split(/^## Relay$/m)[1]!
  const told = [...section.matchAll(/^\| `(\w+)` \| ([^|]+) \|/gm)].map(([, name, value]) => [name, value])
  const defaults = Object.entries(DEFAULT_RELAY_OPTIONS).map(([name, value]) => [name, shown(name, value)])
  assert.deepEqual(Object.fromEntries(told), Object.fromEntries(defaults))
})

function shown(name: string, value: number): string {
  if (value === 0) return 'no limit'
  if (name.endsWith('Ms')) return formatDuration(value)
  return /bytes/i.test(name) ? formatBytes(value) : String(value)
}

test('what waits for slow receivers stays within what may wait, as far as windows can be small', () => {
  for (const connections of [1, 10, 32, 33, 100, 512]) {
    const bytes = windowBytes(512 * MIB, connections)
    assert.ok(bytes >= 256 * 1024 && bytes <= 4 * MIB)
    assert.ok(4 * bytes * connections <= 512 * MIB)
  }
  assert.equal(windowBytes(0, 0), 256 * 1024)
})
