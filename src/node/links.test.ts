import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualClock } from '../base/clock.ts'
import { cidOfDigest, DAG_PB, RAW } from '../content/cid.ts'
import type { SharedEntry } from '../content/entry.ts'
import { peerIdFromPublicKey } from '../link/peer-id.ts'
import { type LinkParts, NodeLinks } from './links.ts'
import { ProviderHints } from './provider-hints.ts'

const id = (i: number) => peerIdFromPublicKey(new Uint8Array(32).fill(i))
const ME = id(0)
const FILE = cidOfDigest(RAW, new Uint8Array(32).fill(1))
const TREE = cidOfDigest(DAG_PB, new Uint8Array(32).fill(2))
const SHARES = [
  { id: 1, path: '/docs', kind: 'folder' },
  { id: 2, path: '/one.bin', kind: 'file', name: 'one.bin' },
]
const entry = (cid: string, name: string): SharedEntry => ({
  ...{ cid, name, path: name, sizeBytes: 7, kind: 'file', modifiedMs: 0, sha256: 'aa' },
})
const AT: Record<string, SharedEntry> = {
  '1:a/b.txt': entry(FILE, 'b.txt'),
  '2:one.bin': entry(TREE, 'one.bin'),
}

function setup({ downloads = [] as object[], known = {} as Record<string, string[]> } = {}) {
  const hints = new ProviderHints({ self: ME, clock: new ManualClock() })
  const parts = {
    catalogue: {
      entry: (cid: string) => Object.values(AT).find((each) => each.cid === cid),
      entryAt: ({ shareId, relPath }: { shareId: number; relPath: string }) => AT[`${shareId}:${relPath}`],
      child: (shareId: number, relPath: string) => AT[`${shareId}:${relPath}`],
    },
    library: { shares: () => SHARES },
    discovery: {
      hints,
      peers: { get: (peerId: string) => known[peerId] && { addresses: known[peerId] } },
    },
    transfer: { downloads: { list: () => downloads } },
    fabric: { reachability: 'unknown' },
    self: () => ({ peerId: ME, addresses: ['127.0.0.1:1', '192.0.2.1:1'] }),
  }
  return { links: new NodeLinks(parts as unknown as LinkParts), hints }
}

test('a file by its path in a folder, as a share of its own, or by its CID', async () => {
  const { links } = setup()
  const peers = [{ peerId: ME, addresses: ['192.0.2.1:1'] }]
  const facts = { cid: FILE, name: 'b.txt', sizeBytes: 7, kind: 'file', peers }
  assert.deepEqual(await links.facts('/docs/a/b.txt'), facts)
  assert.deepEqual(await links.facts(FILE), facts)
  assert.equal((await links.facts('/one.bin')).cid, TREE)
  for (const target of ['/docs', '/docs/none', '/elsewhere', cidOfDigest(RAW, new Uint8Array(32))])
    await assert.rejects(links.facts(target), { code: 'NOT_FOUND' }, target)
})

test('beside this node, up to three that gave verified bytes and can be called', async () => {
  const sources = {
    [id(1)]: 5,
    [ME]: 1,
    'mirror:https://x/': 9,
    [id(2)]: 1,
    [id(3)]: 1,
    [id(4)]: 1,
    [id(5)]: 1,
  }
  const known = { [id(1)]: ['h:1'], [id(3)]: ['h:3'], [id(4)]: ['h:4'], [id(5)]: ['h:5'] }
  const { links, hints } = setup({
    known,
    downloads: [
      { cid: FILE, sources },
      { cid: TREE, sources: { [id(6)]: 1 } },
    ],
  })
  const others = async () => (await links.facts(FILE)).peers.slice(1).map(({ peerId }) => peerId)
  assert.deepEqual(await others(), [id(1), id(3), id(4)])
  // Whom a link named, and who gave nothing, is not passed on; where a giver is may be known from a link alone.
  hints.remember(FILE, [
    { peerId: id(7), addresses: ['h:7'] },
    { peerId: id(2), addresses: ['h:2'] },
  ])
  assert.deepEqual(await others(), [id(1), id(2), id(3)])
})

test('an opened link is remembered, and what is known here goes before what it says', () => {
  const downloads = [{ id: 'd1', cid: TREE, kind: 'file', state: 'queued', sources: {} }]
  const { links, hints } = setup({ downloads })
  const peers = [{ peerId: id(1), addresses: ['h:1'] }]
  assert.deepEqual(links.open({ kind: 'cid', cid: FILE, name: 'other', sizeBytes: 99, peers }), {
    ...{ cid: FILE, name: 'other', sizeBytes: 7, kind: 'file', peers, shared: true, downloadId: undefined },
  })
  assert.deepEqual(hints.of(FILE), [{ ...peers[0], name: '' }])
  const unknown = cidOfDigest(DAG_PB, new Uint8Array(32).fill(9))
  assert.deepEqual(links.open({ kind: 'cid', cid: unknown, sizeBytes: 3 }), {
    ...{ cid: unknown, name: undefined, sizeBytes: 3, kind: undefined },
    ...{ peers: [], shared: false, downloadId: undefined },
  })
  assert.equal(links.open({ kind: 'cid', cid: TREE }).downloadId, 'd1')
})
