import assert from 'node:assert/strict'
import {
  find,
  findNames,
  findProviders,
  type LocatorMember,
  type LocatorWorld,
  newContext,
} from './compliance-world.ts'
import { fileEntry } from './shared-set.ts'

interface Case {
  readonly title: string
  readonly run: (world: LocatorWorld) => Promise<void>
}

/** Names, and words that must find them. */
const SCRIPTS: [name: string, ...words: string[]][] = [
  ["Été 数据 (final) 'v2' #1?.bin", 'été', 'ete', '数据', 'final', 'v2 bin'],
  ['Straße nach Ærø.txt', 'strasse', 'ærø'],
  ['Привет мир.ogg', 'привет', 'МИР'],
  ['مرحبا بالعالم.pdf', 'بالعالم'],
  ['日本語のファイル名.tar.gz', 'ファイル', '日本', 'tar gz'],
  ['हिन्दी गीत.mp3', 'गीत'],
  ['ไฟล์ภาษาไทย.doc', 'ภาษา'],
  ['emoji 😀 party.gif', 'party'],
]

const shared: Case[] = [
  {
    title:
      'what is announced is found by word, prefix, SHA-256 and CID, as it was announced, with who has it',
    async run({ members: [a, b], settle, cannot = [] }) {
      const entry = fileEntry('albums/spring/Quartet in blue.flac')
      await a!.share([entry, fileEntry('albums/other.flac')])
      await settle()
      const queries = [
        ...[{ words: 'quartet' }, { words: 'BLUE quartet' }, { words: 'spring quart*' }],
        ...[{ sha256: entry.sha256! }, { cid: entry.cid }, { words: 'blue', cid: entry.cid }],
      ]
      const prefix = { words: 'quar*' }
      if (cannot.includes('a prefix alone')) await assert.rejects(find(b!, prefix), { code: 'UNAVAILABLE' })
      else queries.push(prefix)
      for (const query of queries) {
        const hits = await find(b!, query)
        assert.deepEqual([...hits.keys()], [entry.cid], JSON.stringify(query))
        assert.deepEqual(hits.get(entry.cid)!.entry, entry)
        assert.deepEqual([...hits.get(entry.cid)!.peerIds], [a!.peerId])
      }
      const provider = (await findProviders(b!, entry.cid)).get(a!.peerId)
      assert.ok(provider && provider.addresses.length > 0, 'a provider that can be reached')
    },
  },
  {
    title: 'what is withdrawn is not found any more',
    async run({ members: [a, b], settle }) {
      const [stays, goes] = [fileEntry('reports/stays.txt'), fileEntry('reports/goes.txt')]
      await a!.share([stays, goes])
      await settle()
      assert.deepEqual(await findNames(b!, { words: 'reports' }), ['goes.txt', 'stays.txt'])
      await a!.share([stays])
      await settle()
      assert.deepEqual(await findNames(b!, { words: 'reports' }), ['stays.txt'])
      assert.deepEqual(await findNames(b!, { cid: goes.cid }), [])
      assert.equal((await findProviders(b!, goes.cid)).size, 0)
    },
  },
  {
    title: 'what nobody has gives nothing, and the search ends',
    async run({ members: [a, b], settle }) {
      await a!.share([fileEntry('something.txt')])
      await settle()
      const unknown = fileEntry('unheard of')
      for (const query of [{ words: 'zzzunheardof' }, { sha256: unknown.sha256! }, { cid: unknown.cid }]) {
        assert.equal((await find(b!, query)).size, 0)
      }
      assert.equal((await findProviders(b!, unknown.cid)).size, 0)
    },
  },
  {
    title: 'the limit is the most different CIDs that come',
    async run({ members: [a, b, c], settle }) {
      const files = Array.from({ length: 30 }, (_, i) => fileEntry(`limits/file ${i}.txt`))
      await a!.share(files.slice(0, 20))
      await b!.share(files.slice(10))
      await settle()
      assert.equal((await find(c!, { words: 'limits', limit: 7 })).size, 7)
      assert.equal((await find(c!, { words: 'limits', limit: 1 })).size, 1)
      assert.equal((await find(c!, { words: 'limits', limit: 100 })).size, 30)
    },
  },
  {
    title: 'one CID from two peers comes with both, under the name of either',
    async run({ members: [a, b, c], settle }) {
      const one = fileEntry('paper.pdf', 'the same content')
      const other = fileEntry('archive/copy of paper.pdf', 'the same content')
      await a!.share([one])
      await b!.share([other])
      await settle()
      const hits = await find(c!, { cid: one.cid })
      assert.deepEqual(hits.get(one.cid)!.peerIds, new Set([a!.peerId, b!.peerId]))
      assert.deepEqual(new Set((await findProviders(c!, one.cid)).keys()), new Set([a!.peerId, b!.peerId]))
      assert.ok((await find(c!, { words: 'archive' })).has(one.cid))
      await a!.share([])
      await settle()
      assert.deepEqual([...(await findProviders(c!, one.cid)).keys()], [b!.peerId])
    },
  },
  {
    title: 'a node is never a provider to itself',
    async run({ members: [a, b], settle }) {
      const both = fileEntry('ours.txt')
      const own = fileEntry('mine.txt')
      await a!.share([both, own])
      await b!.share([both])
      await settle()
      assert.deepEqual([...(await findProviders(a!, both.cid)).keys()], [b!.peerId])
      assert.equal((await findProviders(a!, own.cid)).size, 0)
      for (const { peerIds } of (await find(a!, { words: 'txt' })).values())
        assert.ok(!peerIds.has(a!.peerId))
    },
  },
  {
    title: 'announcing again what is announced changes nothing',
    async run({ members: [a, b], settle }) {
      const entry = fileEntry('again.txt')
      await a!.share([entry])
      await settle()
      for (let i = 0; i < 3; i++) await a!.locator.announce([entry])
      await settle()
      const hits = await find(b!, { words: 'again' })
      assert.deepEqual([...hits.keys()], [entry.cid])
      assert.equal((await findProviders(b!, entry.cid)).size, 1)
      await a!.share([])
      await settle()
      assert.equal((await find(b!, { words: 'again' })).size, 0)
    },
  },
  {
    title: 'names in any script are found by their words',
    async run({ members: [a, b], settle }) {
      await a!.share(SCRIPTS.map(([name]) => fileEntry(`scripts/${name}`)))
      await settle()
      for (const [name, ...queries] of SCRIPTS) {
        for (const words of queries) assert.ok((await findNames(b!, { words })).includes(name), words)
      }
    },
  },
  {
    title: '2,500 entries are all found, and all withdrawn',
    async run({ members: [a, b], settle }) {
      const files = Array.from({ length: 2_500 }, (_, i) => fileEntry(`plenty/number ${i}.txt`))
      await a!.share(files)
      await settle()
      assert.equal((await find(b!, { words: 'plenty', limit: 1000 })).size, 1000)
      for (const at of [0, 999, 1000, 1999, 2000, 2499]) {
        const { cid, name } = files[at]!
        assert.deepEqual(await findNames(b!, { cid }), [name])
        assert.deepEqual(await findNames(b!, { words: `plenty ${at}` }), [name])
      }
      await a!.share([])
      await settle()
      assert.equal((await find(b!, { words: 'plenty' })).size, 0)
    },
  },
  {
    title: 'a file that moves is found under its new path only; one with two paths until both are gone',
    async run({ members: [a, b], settle }) {
      const before = fileEntry('inbox/draft.txt', 'text')
      const after = fileEntry('published/novel.txt', 'text')
      await a!.share([before])
      await settle()
      await a!.share([before, after])
      await settle()
      assert.equal((await find(b!, { words: 'draft' })).size, 1)
      assert.equal((await find(b!, { words: 'novel' })).size, 1)
      await a!.share([after])
      await settle()
      assert.equal((await find(b!, { words: 'draft' })).size, 0)
      assert.deepEqual(await findNames(b!, { words: 'published' }), ['novel.txt'])
      assert.deepEqual(await findNames(b!, { cid: after.cid }), ['novel.txt'])
    },
  },
  {
    title: 'searches at the same time do not mix',
    async run({ members, settle }) {
      const files = members.map((_, i) =>
        Array.from({ length: 8 }, (_, j) => fileEntry(`parallel/unique${i}x${j}.txt`)),
      )
      await Promise.all(members.map((member, i) => member.share(files[i]!)))
      await settle()
      const searches = members.flatMap((member, i) =>
        files
          .flatMap((own, j) => (i === j ? [] : own))
          .map(async ({ name }) => {
            assert.deepEqual(await findNames(member, { words: name }), [name])
          }),
      )
      await Promise.all(searches)
      const [a, b] = members
      assert.deepEqual(await findNames(a!, { words: 'unique1x3' }), ['unique1x3.txt'])
      assert.deepEqual(
        [...(await find(a!, { words: 'unique1x3' })).values()][0]!.peerIds,
        new Set([b!.peerId]),
      )
    },
  },
  {
    title: 'a search counts the messages that it costs',
    async run({ members: [a, b], settle }) {
      await a!.share([fileEntry('costly.txt')])
      await settle()
      const context = newContext()
      await find(b!, { words: 'costly' }, context)
      // What a node keeps for others itself costs nothing.
      assert.ok(context.cost.messages > 0 || context.cost.firstHitHops === 0)
      assert.deepEqual(context.cost.problems, [])
    },
  },
  {
    title: 'an abort ends a search at once, and so does leaving it; the locator is as good as before',
    async run({ members: [a, b], settle }) {
      await a!.share(Array.from({ length: 300 }, (_, i) => fileEntry(`aborted/file ${i}.txt`)))
      await settle()
      const query = { words: 'aborted', limit: 300 }
      const abort = new AbortController()
      let seen = 0
      for await (const _hit of b!.locator.search(query, newContext(abort.signal))) {
        if (++seen === 5) abort.abort()
      }
      // What was on its way may still come.
      assert.ok(seen >= 5 && seen < 300, `${seen} hits`)
      for await (const _hit of b!.locator.search(query, newContext(abort.signal)))
        assert.fail('aborted before')
      for await (const _provider of b!.locator.providers(fileEntry('x').cid, newContext(abort.signal)))
        assert.fail()
      for await (const _hit of b!.locator.search(query, newContext())) break
      assert.equal((await find(b!, query)).size, 300)
    },
  },
]

async function shareOneEach({ members, settle }: LocatorWorld): Promise<LocatorMember[]> {
  await Promise.all(members.map((member, i) => member.share([fileEntry(`endings/of member ${i}.txt`)])))
  await settle()
  assert.deepEqual(await endingsSeenByLast(members), ['of member 0.txt', 'of member 1.txt'])
  return [...members]
}

/** What others share: whether a node finds its own files by a locator, too, is left open. */
async function endingsSeenByLast(members: readonly LocatorMember[]): Promise<string[]> {
  const names = await findNames(members[2]!, { words: 'endings' })
  return names.filter((name) => name !== 'of member 2.txt')
}

const alone: Case[] = [
  {
    title: 'stop() takes back all that its peer has announced, and of nobody else',
    async run(world) {
      const [a, b, c] = await shareOneEach(world)
      await a!.locator.stop()
      await world.settle()
      assert.deepEqual(await endingsSeenByLast(world.members), ['of member 1.txt'])
      assert.deepEqual(
        [...(await findProviders(c!, fileEntry('endings/of member 1.txt').cid)).keys()],
        [b!.peerId],
      )
    },
  },
  {
    title: 'a peer that is killed is not found any more, the others are',
    async run(world) {
      const [, b, c] = await shareOneEach(world)
      await b!.kill()
      assert.deepEqual(await endingsSeenByLast(world.members), ['of member 0.txt'])
      assert.equal((await findProviders(c!, fileEntry('endings/of member 1.txt').cid)).size, 0)
    },
  },
  {
    title: 'stop() may be called twice, and a debug state can be had at any time',
    async run({ members }) {
      const [a] = members
      JSON.stringify(a!.locator.getDebugState())
      await Promise.all([a!.locator.stop(), a!.locator.stop()])
      JSON.stringify(a!.locator.getDebugState())
    },
  },
]

/** `shared`: many in one world. `alone`: those that end a member. */
export const complianceCases = { shared, alone }
