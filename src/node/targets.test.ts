import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ShoalError } from '../base/errors.ts'
import type { SharedEntry } from '../content/entry.ts'
import { guestCid } from '../content/guest-cid.ts'
import type { SearchEvent } from '../discovery/compound.ts'
import { chooseByName, describe, findByName } from './targets.ts'

const entry = (cid: string, name: string): SharedEntry => ({
  cid,
  name,
  path: name,
  sha256: undefined,
  sizeBytes: 5,
  kind: 'file',
  modifiedMs: 0,
})

function searching(...entries: SharedEntry[]) {
  return {
    async *search(): AsyncGenerator<SearchEvent> {
      for (const one of entries) yield { type: 'hit', entry: one, providers: [], via: ['index'] }
      yield { type: 'done', hits: entries.length, ms: 1, reason: 'complete', via: {} }
    },
  }
}

const signal = new AbortController().signal

test('the exact name wins over one that differs in case or accents', () => {
  const found = [entry('a', 'Été.txt'), entry('b', 'ete.txt'), entry('c', 'ete.txt.bak')].map((one) => ({
    entry: one,
  }))
  const cids = (name: string) => chooseByName(name, found).map((one) => one.entry.cid)
  assert.deepEqual(cids('Été.txt'), ['a'])
  assert.deepEqual(cids('ete.txt'), ['b'])
  assert.deepEqual(cids('ETE.TXT'), ['a', 'b'])
  assert.deepEqual(cids('ete'), [])
})

test('what only a name is known of stands back behind what can be fetched, and is told of once', async () => {
  const hearsay = ['10.0.0.1', '10.0.0.2'].map((host) =>
    entry(guestCid({ text: `zoned:a.txt@${host}:6000` }), 'a.txt'),
  )
  const real = entry('bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku', 'a.txt')
  assert.equal((await findByName('a.txt', searching(...hearsay, real), signal)).cid, real.cid)
  assert.equal((await findByName('a.txt', searching(...hearsay), signal)).cid, hearsay[0]!.cid)
})

test('a content is found by every name that it has somewhere, also when the copy here is called otherwise', async () => {
  const own: SearchEvent = {
    ...{ type: 'hit', entry: entry('a', 'x (1).txt'), otherNames: ['X.txt', 'x.txt'] },
    ...{ providers: [], via: ['library', 'index'] },
  }
  const locators = {
    async *search(): AsyncGenerator<SearchEvent> {
      yield own
      yield { type: 'done', hits: 1, ms: 1, reason: 'complete', via: {} }
    },
  }
  for (const name of ['x.txt', 'X.txt', 'x (1).txt'])
    assert.deepEqual(await findByName(name, locators, signal), {
      cid: 'a',
      name,
      entry: entry('a', 'x (1).txt'),
    })
  assert.equal((await findByName('X.TXT', locators, signal)).name, 'X.txt')
})

test('one content is taken, none is not found, several are listed', async () => {
  const described = await findByName('x.txt', searching(entry('a', 'x.txt'), entry('b', 'y x.txt')), signal)
  assert.equal(described.cid, 'a')
  await assert.rejects(findByName('z.txt', searching(entry('a', 'x.txt')), signal), { code: 'NOT_FOUND' })
  await assert.rejects(findByName('x', searching(entry('a', 'x'), entry('b', 'x')), signal), (error) => {
    assert.ok(error instanceof ShoalError && error.code === 'AMBIGUOUS')
    assert.deepEqual(
      ((error.details?.candidates ?? []) as { cid: string }[]).map((one) => one.cid),
      ['a', 'b'],
    )
    return true
  })
})

test('a CID that nobody describes is fetched all the same', async () => {
  assert.equal((await describe('a', searching(entry('a', 'x.txt')), signal)).name, 'x.txt')
  assert.deepEqual(await describe('a', searching(), signal), { cid: 'a', name: undefined, entry: undefined })
})

test('a locator that could not be asked is named when nothing is found', async () => {
  const failing = {
    async *search(): AsyncGenerator<SearchEvent> {
      const error = { code: 'UNAVAILABLE', message: 'connection refused' } as const
      yield {
        type: 'done',
        hits: 0,
        ms: 1,
        reason: 'complete',
        via: { index: { hits: 0, messages: 0, ms: 1, asked: 0, bytes: 0, error } },
      }
    },
  }
  await assert.rejects(findByName('x', failing, signal), {
    code: 'NOT_FOUND',
    message: /index.*connection refused/,
  })
})
