import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { ShoalError } from '../base/errors.ts'
import { cidOfDigest, DAG_PB, RAW } from '../content/cid.ts'
import { formatAddress } from '../link/address.ts'
import { peerIdFromPublicKey } from '../link/peer-id.ts'
import { cutName } from '../transfer/safe-name.ts'
import { parseLink, parseTarget } from './requests/target.ts'
import { gatewayLink, gatewayOrigin, LINK_BOUNDS, type ShareLink, shoalLink } from './share-link.ts'

const bytes32 = fc.uint8Array({ minLength: 32, maxLength: 32 })
const cids = fc
  .tuple(bytes32, fc.constantFrom(RAW, DAG_PB))
  .map(([digest, codec]) => cidOfDigest(codec, digest))
const peerIds = bytes32.map(peerIdFromPublicKey)
const hosts = fc.oneof(fc.ipV4(), fc.ipV6(), fc.constantFrom('example.org', 'nas.local'))
const ports = fc.integer({ min: 1, max: 65_535 })
const hostPorts = fc.tuple(hosts, ports).map(([host, port]) => formatAddress({ host, port }))
const multiaddrs = fc.tuple(fc.ipV4(), ports, peerIds).chain(([ip, port, relay]) =>
  fc.constantFrom(
    // Readable to libp2p, with and without a relay on the way.
    `/ip4/${ip}/tcp/${port}`,
    `/ip4/${ip}/tcp/${port}/p2p/${relay}/p2p-circuit`,
  ),
)
const addressLists = fc.uniqueArray(fc.oneof(hostPorts, multiaddrs), { maxLength: 3 })
const peerLists = fc.uniqueArray(fc.record({ peerId: peerIds, addresses: addressLists }), {
  maxLength: 4,
  selector: ({ peerId }) => peerId,
})
const hostile = fc.oneof(
  fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 }),
  fc.string({ unit: 'binary', minLength: 1, maxLength: 60 }).filter((name) => name.isWellFormed()),
  fc.constantFrom('a&peer=b#?%2F+c', '../../x', '\u202egpj.exe', ' ', '100%', '\0', '<b>', '"\'`'),
)
const links: fc.Arbitrary<ShareLink> = fc.record({
  cid: cids,
  name: fc.option(hostile, { nil: undefined }),
  sizeBytes: fc.option(fc.maxSafeNat(), { nil: undefined }),
  peers: fc.option(
    peerLists.filter((peers) => peers.length > 0),
    { nil: undefined },
  ),
})
const told = (link: ShareLink) => ({ kind: 'cid', ...JSON.parse(JSON.stringify(link)) })

test('a link can be pasted between quotes, and ends where it ends', () => {
  fc.assert(
    fc.property(links, (link) => {
      for (const made of [shoalLink(link), gatewayLink('https://gw.example', link)])
        assert.match(made, /^[\w:/?=&%.,@~[\]-]+$/)
    }),
  )
  const [cid] = fc.sample(cids, 1)
  assert.ok(shoalLink({ cid: cid!, name: "it's (1)!*" }).endsWith('?name=it%27s%20%281%29%21%2A'))
})

test('what a link is made of is read from it again, whatever the name', () => {
  fc.assert(
    fc.property(links, fc.constantFrom('https://gw.example', 'http://[::1]:8081'), (link, gateway) => {
      for (const text of [shoalLink(link), gatewayLink(gateway, link)]) {
        assert.match(text, /^[\x21-\x7e]+$/, 'it survives every chat')
        assert.deepEqual(parseTarget(text), told(link))
      }
    }),
    { numRuns: 500 },
  )
})

test('a link stays short: peers and addresses that find no room are left out, the last first', () => {
  const long = fc.uniqueArray(
    fc.integer({ min: 0, max: 999 }).map((i) => `/dns4/${'x'.repeat(50)}${i}.example/tcp/4081`),
    { minLength: 20, maxLength: 20 },
  )
  const peers = fc.array(fc.record({ peerId: peerIds, addresses: long }), { minLength: 12, maxLength: 12 })
  const names = fc.string({ unit: 'grapheme', minLength: 200, maxLength: 400 })
  fc.assert(
    fc.property(cids, names, peers, (cid, name, many) => {
      const link = { cid, name, sizeBytes: Number.MAX_SAFE_INTEGER, peers: many }
      const texts = [shoalLink(link), gatewayLink(`https://${'g'.repeat(60)}.example`, link)]
      for (const text of texts) {
        assert.ok(text.length <= LINK_BOUNDS.maxLength, String(text.length))
        const read = parseLink(text)
        assert.equal(read.name, cutName(name, 255))
        assert.equal(read.sizeBytes, Number.MAX_SAFE_INTEGER)
        read.peers?.forEach(({ peerId, addresses }, i) => {
          assert.equal(peerId, many[i]!.peerId)
          assert.deepEqual(addresses, many[i]!.addresses.slice(0, addresses.length))
        })
      }
      assert.ok(parseLink(texts[0]!).peers!.length >= 1)
    }),
    { numRuns: 100, endOnFailure: true },
  )
})

const CID = 'bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku'
const ADA = '12D3KooWD3eckifWpRn9wQpMG9R9hX3sD158z7EqHWmweQAJU5SA'
const BOB = peerIdFromPublicKey(new Uint8Array(32).fill(7))

test('what is wrong about a size or a peer is left out, and the link is good without', () => {
  const table: [string, object][] = [
    ['size=5', { sizeBytes: 5 }],
    ['size=0', { sizeBytes: 0 }],
    ...['-1', '1.5', '1e3', '', 'x', '9007199254740993', '99999999999999999'].map(
      (size): [string, object] => [`size=${size}`, {}],
    ),
    [`peer=${ADA}`, { peers: [{ peerId: ADA, addresses: [] }] }],
    [`peer=${ADA}@`, { peers: [{ peerId: ADA, addresses: [] }] }],
    [`peer=${ADA}@192.0.2.7:9081`, { peers: [{ peerId: ADA, addresses: ['192.0.2.7:9081'] }] }],
    [`peer=${ADA}%40%5B2001:db8::1%5D:1`, { peers: [{ peerId: ADA, addresses: ['[2001:db8::1]:1'] }] }],
    // Twice the same peer is one peer, and twice the same address one address.
    [
      `peer=${ADA}@a.example:1&peer=${ADA}@a.example:1,b.example:2`,
      {
        peers: [{ peerId: ADA, addresses: ['a.example:1', 'b.example:2'] }],
      },
    ],
    [
      `peer=/ip4/192.0.2.7/tcp/1/p2p/${ADA}`,
      {
        peers: [{ peerId: ADA, addresses: [`/ip4/192.0.2.7/tcp/1/p2p/${ADA}`] }],
      },
    ],
    // An address of somebody else.
    [`peer=${ADA}@/ip4/192.0.2.7/tcp/1/p2p/${BOB},h:1`, { peers: [{ peerId: ADA, addresses: ['h:1'] }] }],
    [
      `peer=${ADA}@/ip4/192.0.2.7/tcp/1/p2p/${BOB}/p2p-circuit`,
      {
        peers: [{ peerId: ADA, addresses: [`/ip4/192.0.2.7/tcp/1/p2p/${BOB}/p2p-circuit`] }],
      },
    ],
    [
      `peer=${ADA}@nowhere,h:0,h:99999,http://h:1,u@h:1,/ip4/999.1.1.1/tcp/1,/nonsense`,
      {
        peers: [{ peerId: ADA, addresses: [] }],
      },
    ],
    ['peer=192.0.2.7:9081', {}],
    ['peer=/ip4/192.0.2.7/tcp/1', {}],
    [`peer=${ADA.slice(1)}@192.0.2.7:9081`, {}],
    ['peer=@192.0.2.7:9081&peer=&peer', {}],
  ]
  for (const [query, facts] of table)
    for (const base of [`shoal:${CID}?`, `https://gw.example/ipfs/${CID}?`, `ipfs://${CID}?`])
      assert.deepEqual(parseTarget(base + query), { kind: 'cid', cid: CID, ...facts }, query)
  const magnet = `magnet:?xt=urn:ipfs:${CID}&xl=77&dn=a%20b&peer=${ADA}@h:1`
  const peers = [{ peerId: ADA, addresses: ['h:1'] }]
  assert.deepEqual(parseTarget(magnet), { kind: 'cid', cid: CID, name: 'a b', sizeBytes: 77, peers })
})

test('a link full of peers gives 8 of them', () => {
  const many = Array.from({ length: 100 }, (_, i) => peerIdFromPublicKey(new Uint8Array(32).fill(i)))
  const { peers } = parseLink(`shoal:${CID}?${many.map((id) => `peer=${id}@h:1`).join('&')}`)
  assert.deepEqual(
    peers!.map(({ peerId }) => peerId),
    many.slice(0, 8),
  )
  const addresses = Array.from({ length: 100 }, (_, i) => `h:${i + 1}`)
  const one = parseLink(`shoal:${CID}?peer=${ADA}@${addresses.join(',')}`)
  assert.deepEqual(one.peers![0]!.addresses, addresses.slice(0, 8))
})

test('any query is read, or refused clearly', () => {
  const queries = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc
      .tuple(fc.constantFrom('peer=', 'size=', `peer=${ADA}@`, 'peer=/'), fc.string())
      .map((all) => all.join('')),
  )
  fc.assert(
    fc.property(queries, (query) => {
      try {
        const { cid, peers = [] } = parseLink(`shoal:${CID}?${query}`)
        assert.equal(cid, CID)
        assert.ok(peers.length <= 8)
      } catch (error) {
        assert.ok(error instanceof ShoalError && error.kind.http === 400)
      }
    }),
    { numRuns: 2000 },
  )
})

test('a file name is no link', () => {
  for (const text of ['holiday.zip', 'a b'])
    assert.throws(() => parseLink(text), { code: 'INVALID_ARGUMENT' })
  assert.deepEqual(parseLink(` ${CID} `), { kind: 'cid', cid: CID })
})

test('a gateway is an address without a path', () => {
  const table: [string, string | undefined][] = [
    ['https://gw.example', 'https://gw.example'],
    ['https://gw.example/', 'https://gw.example'],
    ['http://127.0.0.1:8081', 'http://127.0.0.1:8081'],
    ['HTTP://[::1]:80/', 'http://[::1]'],
    ...['gw.example', 'ftp://gw.example', 'javascript:alert(1)', 'https://u:p@gw.example', ''].map(
      (text): [string, undefined] => [text, undefined],
    ),
    ...['/ipfs', '?x', '#x', '/..//x', `/${'x'.repeat(300)}`].map((rest): [string, undefined] => [
      `https://gw.example${rest}`,
      undefined,
    ]),
  ]
  for (const [text, origin] of table)
    if (origin) assert.equal(gatewayOrigin(text), origin)
    else assert.throws(() => gatewayOrigin(text), { code: 'INVALID_ARGUMENT' }, text)
})
