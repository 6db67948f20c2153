import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { FloodMembership } from '../../src/discovery/flood/ports.ts'
import { watchDuplicates } from './duplicates.ts'

test('a query that is searched for twice is counted, own searches and other queries are not', () => {
  const handlers: ((from: unknown, message: unknown) => void)[] = []
  const membership = {
    on: (_kind: string, handler: (typeof handlers)[number]) => void handlers.push(handler),
  } as unknown as FloodMembership
  const watch = watchDuplicates(membership, { search: () => [] })
  const { parts } = watch
  parts.membership.on('query', () => void parts.library.search({ words: 'x', limit: 1 }))
  const come = (byte: number) => handlers[0]!(undefined, { id: new Uint8Array(16).fill(byte) })
  come(1)
  come(2)
  parts.library.search({ words: 'x', limit: 1 })
  parts.library.search({ words: 'x', limit: 1 })
  assert.equal(watch.duplicates, 0)
  come(1)
  assert.equal(watch.duplicates, 1)
})
