import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LibraryLocator } from './library-locator.ts'
import { newCost, type SearchQuery } from './locator.ts'
import { fileEntry } from './testing/shared-set.ts'

const context = () => ({ signal: new AbortController().signal, cost: newCost() })

test('finds what the catalogue finds, each CID once, nothing sent, nobody named', async () => {
  const asked: SearchQuery[] = []
  const a = fileEntry('music/a.flac')
  const again = { ...a, path: 'copy/a.flac' }
  const b = fileEntry('music/b.flac')
  const library = {
    search: (query: SearchQuery) => {
      asked.push(query)
      return [a, again, b]
    },
  }
  const locator = new LibraryLocator({ library })
  const at = context()
  const hits = await Array.fromAsync(locator.search({ words: 'flac', limit: 10 }, at))
  assert.deepEqual(hits, [
    { entry: a, providers: [] },
    { entry: b, providers: [] },
  ])
  assert.deepEqual(asked, [{ words: 'flac', limit: 10 }])
  assert.deepEqual([at.cost.messages, at.cost.firstHitHops], [0, 0])
  assert.equal((await Array.fromAsync(locator.search({ words: 'flac', limit: 1 }, context()))).length, 1)
  assert.deepEqual(await Array.fromAsync(locator.providers()), [])
})

test('an abort ends the search', async () => {
  const locator = new LibraryLocator({ library: { search: () => [fileEntry('a'), fileEntry('b')] } })
  const abort = new AbortController()
  const found: string[] = []
  for await (const { entry } of locator.search(
    { words: 'x', limit: 9 },
    { ...context(), signal: abort.signal },
  )) {
    found.push(entry.name)
    abort.abort()
  }
  assert.deepEqual(found, ['a'])
  const none = locator.search({ words: 'x', limit: 9 }, { ...context(), signal: abort.signal })
  assert.deepEqual(await Array.fromAsync(none), [])
})
