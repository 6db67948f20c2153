import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { basename } from 'node:path'
import { test } from 'node:test'
import type { ContentPort, KeyValuePort } from '../../api/node-port.ts'
import { ManualClock } from '../../base/clock.ts'
import { ShoalError } from '../../base/errors.ts'
import { cidOfDigest, RAW } from '../../content/cid.ts'
import type { SharedEntry } from '../../content/entry.ts'
import { compileQuery, matchText } from '../../content/match.ts'
import type { SearchEvent } from '../../discovery/compound.ts'
import type { SearchQuery } from '../../discovery/locator.ts'
import { OpenShares } from './open-shares.ts'
import { NodeDialectPort } from './port.ts'

const never = new AbortController().signal
const digest = (text: string) => createHash('sha256').update(text).digest()
const cidOf = (text: string) => cidOfDigest(RAW, digest(text))

type Placed = SharedEntry & { readonly absPath: string }

function placed(absPath: string, content: string): Placed {
  const name = basename(absPath)
  return {
    ...{ absPath, name, path: name, cid: cidOf(content), sha256: digest(content).toString('hex') },
    ...{ sizeBytes: content.length, kind: 'file', modifiedMs: 0 },
  }
}

interface Options {
  readonly within?: string[]
  readonly network?: boolean
  readonly far?: readonly Placed[]
}

/** A node that shares these files, in a network that has those. */
function world(contents: Record<string, string>, { within = [], network = true, far = [] }: Options = {}) {
  const entries = Object.entries(contents).map(([path, content]) => placed(path, content))
  const texts = new Map([...Object.values(contents), 'far'].map((content) => [cidOf(content), content]))
  let revision = 1
  const catalogue = {
    list: ({ words, cid }: { limit: number; words?: string | undefined; cid?: string | undefined }) => {
      const matches = compileQuery({ ...(words !== undefined && { words }), ...(cid && { cid }), limit: 1 })
      return { entries: entries.filter((entry) => matches(entry, matchText(entry.path))) }
    },
    find: (cid: string) => entries.find((entry) => entry.cid === cid) as never,
    revision: () => String(revision),
    bySha256: (sha256: string) => entries.filter((entry) => entry.sha256 === sha256),
  }
  const clock = new ManualClock()
  const shares = new OpenShares({
    catalogue,
    within,
    copies: () => '/d/replicas',
    isGuest: (path) => path.startsWith('/guests/'),
    clock,
  })
  const asked: { query: SearchQuery; via: readonly string[] }[] = []
  const opened: { cid: string; onlyLocal: boolean | undefined }[] = []
  const content: ContentPort = {
    async open(cid, { onlyLocal }) {
      opened.push({ cid, onlyLocal })
      const text = texts.get(cid)
      if (text === undefined || (onlyLocal && text === 'far')) throw new ShoalError('NOT_FOUND')
      return {
        ...{ kind: 'file', layout: { cid, sizeBytes: text.length, digests: digest(text) } },
        ...{ readBlock: async () => Buffer.from(text), hint() {}, isCurrent: () => true, close() {} },
      }
    },
  }
  const locators = {
    enabled: ['zone' as const],
    async *search(
      query: SearchQuery,
      { via = [] }: { via?: readonly string[] } = {},
    ): AsyncGenerator<SearchEvent> {
      asked.push({ query, via })
      for (const { absPath: _, ...entry } of far) yield { type: 'hit', entry, providers: [], via: ['zone'] }
      yield { type: 'done', hits: far.length, ms: 1, reason: 'complete', via: {} }
    },
  }
  const values = new Map<string, Uint8Array>()
  const kv = {
    put: async (key: string, value: Uint8Array) => void values.set(key, value),
    get: async (key: string) => {
      if (key === 'down') throw new ShoalError('UNAVAILABLE')
      const value = values.get(key)
      if (!value) throw new ShoalError('NOT_FOUND')
      return { value }
    },
  } as unknown as KeyValuePort
  const port = new NodeDialectPort({
    ...{ peerId: 'me', shares, catalogue, locators, content, kv, network, clock },
  })
  const add = (path: string, text: string) => {
    entries.push(placed(path, text))
    revision++
  }
  const find = async (what: Parameters<typeof port.find>[0]) =>
    (await Array.fromAsync(port.find(what, never))).map(
      ({ name, isHere }) => `${name} ${isHere ? 'here' : 'far'}`,
    )
  const read = async (text: string) => {
    const file = { cid: cidOf(text), name: 'x', sha256: undefined, sizeBytes: text.length, isHere: true }
    return Buffer.concat(await Array.fromAsync(port.read(file, never))).toString()
  }
  return { port, add, find, read, asked, opened, clock, content }
}

const names = (files: readonly { name: string }[]) => files.map(({ name }) => name)

test('what is shared is listed by name, as much as is wanted, and anew when it changes', async () => {
  const { port, add, clock } = world({ '/s/b': 'bb', '/s/a': 'a', '/s/x/a': 'a', '/s/x/b': 'other' })
  assert.deepEqual(names(port.shared({ limit: 9 })), ['a', 'b', 'b'])
  assert.deepEqual(names(port.shared({ limit: 2 })), ['a', 'b'])
  assert.deepEqual(names(port.shared({ limit: 9, maxBytes: 1 })), ['a'])
  add('/s/0', 'new')
  await clock.advance(2001)
  assert.deepEqual(names(port.shared({ limit: 1 })), ['0'])
})

test('of what is shared, dialects have what is open to them, and files of their clients', async () => {
  const open = world(
    { '/s/a': 'a', '/s/in/b': 'b', '/s/inn/c': 'c', '/guests/d': 'd' },
    { within: ['/s/in'] },
  )
  assert.deepEqual(names(open.port.shared({ limit: 9 })), ['b', 'd'])
  assert.deepEqual(await open.find({ name: 'b', here: true }), ['b here'])
  assert.deepEqual(await open.find({ name: 'a', here: true }), [])
  assert.deepEqual(await open.find({ sha256: digest('c').toString('hex'), here: true }), [])
  assert.deepEqual(await open.find({ sha256: digest('d').toString('hex').toUpperCase() }), ['d here'])
  assert.equal(await open.read('b'), 'b')
  await assert.rejects(open.read('a'), { code: 'NOT_FOUND' })
  assert.ok(!open.opened.some(({ cid }) => cid === cidOf('a')))
})

test('copies that are kept for others are theirs to show, unless the owner says so', async () => {
  const files = { '/s/a': 'a', '/d/replicas/b': 'b' }
  assert.deepEqual(names(world(files).port.shared({ limit: 9 })), ['a'])
  assert.deepEqual(await world(files).find({ name: 'b' }), [])
  assert.deepEqual(names(world(files, { within: ['/d/replicas'] }).port.shared({ limit: 9 })), ['b'])
})

test('what is not open here is not open by way of the network, nor as a part of another file', async () => {
  const far = [placed('/far/a', 'a'), placed('/far/a', 'far')]
  const { find, read, content } = world({ '/s/a': 'a', '/s/in/b': 'b' }, { within: ['/s/in'], far })
  assert.deepEqual(await find({ name: 'a' }), ['a far'])
  assert.deepEqual(await find({ sha256: digest('a').toString('hex') }), [])
  content.open = async () => ({ kind: 'part', of: cidOf('a') })
  await assert.rejects(read('far'), { code: 'NOT_FOUND' })
})

test('the network is searched for files of just that name or hash, if it may be', async () => {
  const folder = { ...placed('/far/map', 'dir'), kind: 'folder' as const }
  const far = [placed('/far/map', 'far'), placed('/far/old map', 'old'), folder, placed('/far/map', 'near')]
  const { find, asked, read } = world({ '/s/map': 'near' }, { far })
  assert.deepEqual(await find({ name: 'map' }), ['map here', 'map far'])
  assert.deepEqual(asked, [{ query: { words: 'map', limit: 100 }, via: ['zone'] }])
  assert.deepEqual(await find({ name: 'map', here: true }), ['map here'])
  assert.deepEqual(await find({ sha256: digest('old').toString('hex') }), ['old map far'])
  assert.deepEqual(await find({ name: '' }), [])
  assert.deepEqual(await find({ name: '---', sha256: 'nonsense' }), [])
  assert.equal(await read('far'), 'far')
  const closed = world({ '/s/map': 'near' }, { far, network: false })
  assert.deepEqual(await closed.find({ name: 'map' }), ['map here'])
  await assert.rejects(closed.read('far'), { code: 'NOT_FOUND' })
  assert.equal(await closed.read('near'), 'near')
})

test('values that are not there are no error', async () => {
  const { port } = world({})
  await port.values.put('k', Buffer.from('v'), never)
  assert.equal(String(await port.values.get('k', never)), 'v')
  assert.equal(await port.values.get('no', never), undefined)
  await assert.rejects(port.values.get('down', never), { code: 'UNAVAILABLE' })
})
