import assert from 'node:assert/strict'
import { test } from 'node:test'
import { create, type MessageInitShape, toBinary } from '@bufbuild/protobuf'
import { EntryKind } from '../contract/gen/shoal/v1/common_pb.ts'
import {
  GetLinkResponseSchema,
  NodeService,
  OpenLinkResponseSchema,
} from '../contract/gen/shoal/v1/node_pb.ts'
import type { CallContext } from '../link/rpc.ts'
import { nodeServiceImpl } from './control/control.ts'
import { LINK_PEER } from './testing/fake-links.ts'
import { CID_A, CID_B, FakeNode } from './testing/fake-node.ts'
import { send, sendJson, startApi, TOKEN } from './testing/start-api.ts'

const QUERY = `size=5&peer=${LINK_PEER.peerId}@192.0.2.7:9081`

test('a link to something shared, by path or CID, with this node or another gateway', async (t) => {
  const { url, node } = await startApi(t)
  const link = async (query: string) => JSON.parse((await send(`${url}/api/v1/links?${query}`)).body)
  const facts = { cid: CID_A, name: 'a b.txt', kind: 'file', peers: [LINK_PEER], size: 5 }
  assert.deepEqual(await link(`target=${CID_A.toUpperCase()}`), {
    ...facts,
    shoal: `shoal:${CID_A}?name=a%20b.txt&${QUERY}`,
    http: `${node.status().http}/ipfs/${CID_A}?filename=a%20b.txt&${QUERY}`,
  })
  const elsewhere = await link(
    `target=${encodeURIComponent('/tmp/docs/../docs/a b.txt')}&gateway=https://gw.example/`,
  )
  assert.equal(elsewhere.http, `https://gw.example/ipfs/${CID_A}?filename=a%20b.txt&${QUERY}`)
  assert.deepEqual(node.asked, [
    ['link', CID_A],
    ['link', '/tmp/docs/a b.txt'],
  ])
  const refused: [string, number, string][] = [
    [`target=${CID_B}`, 404, 'NOT_FOUND'],
    ['target=relative', 400, 'INVALID_CID'],
    [`target=${CID_A}&gateway=ftp://x`, 400, 'INVALID_ARGUMENT'],
    [`target=${CID_A}&gateway=https://u:p@x`, 400, 'INVALID_ARGUMENT'],
    ['', 400, 'INVALID_ARGUMENT'],
  ]
  for (const [query, status, code] of refused) {
    const answer = await send(`${url}/api/v1/links?${query}`)
    assert.deepEqual([answer.status, JSON.parse(answer.body).code], [status, code], query)
  }
})

test('opening a link needs the token, and tells what it stands for', async (t) => {
  const { url, node } = await startApi(t)
  const open = async (link: string) => {
    const { status, body } = await sendJson(`${url}/api/v1/links`, 'POST', { link })
    return { status, ...JSON.parse(body) }
  }
  const peers = [LINK_PEER]
  assert.deepEqual(await open(`shoal:${CID_B}?name=x&${QUERY}&peer=nonsense`), {
    ...{ status: 200, cid: CID_B, name: 'x', size: 5, peers, shared: false, downloadId: 'd1' },
  })
  assert.deepEqual(node.asked.at(-1), ['open', { kind: 'cid', cid: CID_B, name: 'x', sizeBytes: 5, peers }])
  assert.deepEqual(await open(CID_A), {
    ...{ status: 200, cid: CID_A, size: 5, kind: 'file', peers: [], shared: true },
  })
  const before = node.asked.length
  for (const [link, code] of [
    ['holiday.zip', 'INVALID_ARGUMENT'],
    ['https://example.org/', 'INVALID_ARGUMENT'],
    ['shoal:nonsense', 'INVALID_CID'],
    ['', 'INVALID_ARGUMENT'],
    [' ', 'INVALID_ARGUMENT'],
  ]) {
    const answer = await open(link!)
    assert.deepEqual([answer.status, answer.code], [400, code], link)
  }
  const stranger = await send(`${url}/api/v1/links`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ link: CID_A }),
  })
  assert.equal(stranger.status, 401)
  assert.equal(node.asked.length, before)
})

test('what a target stands for is told without opening it', async (t) => {
  const { url, node } = await startApi(t)
  await send(`${url}/api/v1/targets?target=${encodeURIComponent(`shoal:${CID_B}?${QUERY}`)}`)
  assert.deepEqual(
    node.asked.map(([what]) => what),
    ['find'],
  )
})

test('a QR code is a picture that does nothing', async (t) => {
  const { url } = await startApi(t)
  const get = (text: string, headers = {}) =>
    send(`${url}/api/v1/links/qr.svg?text=${encodeURIComponent(text)}`, { headers })
  const { status, headers, body } = await get(`shoal:${CID_A}?name="/><script>alert(1)</script>`)
  assert.equal(status, 200)
  assert.match(String(headers['content-type']), /^image\/svg\+xml/)
  assert.equal(headers['content-security-policy'], "default-src 'none'; frame-ancestors 'none'")
  assert.match(body, /^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg" viewBox="0 0 (\d+) \1"/)
  assert.match(body, /^<svg [^<>]*><rect [^<>]*\/><path d="[Mhvz \d-]+" fill="#000"\/><\/svg>$/)
  assert.equal((await get('x'.repeat(2000))).status, 200)
  assert.equal((await get('\0💥')).status, 200)
  assert.equal((await get('x'.repeat(2001))).status, 400)
  assert.equal((await get('💥'.repeat(900))).status, 413)
  assert.equal((await get('x', { 'sec-fetch-site': 'cross-site' })).status, 403)
})

test('links over gRPC are those over REST', async () => {
  const node = new FakeNode()
  const service = nodeServiceImpl(node, TOKEN)
  const context: CallContext = {
    ...{ peerId: 'caller', remoteAddress: '127.0.0.1', remotePort: 1 },
    signal: new AbortController().signal,
    header: (name) => (name === 'authorization' ? `Bearer ${TOKEN}` : undefined),
  }
  const fits = <S extends Parameters<typeof create>[0]>(schema: S, value: MessageInitShape<S>) =>
    assert.ok(toBinary(schema, create(schema, value)) instanceof Uint8Array)
  const { getLink, openLink } = NodeService.method
  const gateway = 'https://gw.example'
  const link = await service.getLink(create(getLink.input, { target: CID_A, gateway }), context)
  fits(GetLinkResponseSchema, link)
  assert.deepEqual([link.sizeBytes, link.kind, link.peers], [5n, EntryKind.FILE, [LINK_PEER]])
  assert.ok(link.shoal!.startsWith(`shoal:${CID_A}?`) && link.http!.startsWith(`${gateway}/ipfs/${CID_A}?`))
  const opened = await service.openLink(create(openLink.input, { link: link.shoal! }), context)
  fits(OpenLinkResponseSchema, opened)
  assert.deepEqual([opened.name, opened.shared, opened.peers], ['a b.txt', true, [LINK_PEER]])
  const other = await service.openLink(create(openLink.input, { link: CID_B }), context)
  assert.deepEqual([other.sizeBytes, other.kind, other.downloadId], [undefined, EntryKind.UNSPECIFIED, 'd1'])
  await assert.rejects(async () => service.openLink(create(openLink.input), context), {
    code: 'INVALID_ARGUMENT',
  })
  await assert.rejects(async () => service.getLink(create(getLink.input, { target: CID_B }), context), {
    code: 'NOT_FOUND',
  })
})
