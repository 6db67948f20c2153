import assert from 'node:assert/strict'
import { test } from 'node:test'
import { create, toBinary } from '@bufbuild/protobuf'
import {
  DownloadSchema,
  FindTargetRequestSchema,
  GetDoctorRequestSchema,
  GetDoctorResponseSchema,
  GetDownloadRequestSchema,
  GetWishRequestSchema,
  WishSchema,
} from '../../contract/gen/shoal/v1/node_pb.ts'
import type { CallContext } from '../../link/rpc.ts'
import { CID_A, FakeNode } from '../testing/fake-node.ts'
import { singleHandlers } from './control-single.ts'

function setup() {
  const node = new FakeNode()
  const context = { signal: new AbortController().signal } as CallContext
  return { node, context, handlers: singleHandlers(node, () => {}) }
}

test('one download and one wish by their ids', async () => {
  const { context, handlers } = setup()
  const download = await handlers.getDownload(create(GetDownloadRequestSchema, { id: 'd1' }), context)
  assert.ok(toBinary(DownloadSchema, create(DownloadSchema, download)).length > 0)
  assert.equal(download.id, 'd1')
  const wish = await handlers.getWish(create(GetWishRequestSchema, { id: 'd1' }), context)
  assert.equal(create(WishSchema, wish).words, 'holiday photos')
  for (const asked of [
    async () => handlers.getDownload(create(GetDownloadRequestSchema, { id: 'x' }), context),
    async () => handlers.getWish(create(GetWishRequestSchema, { id: 'x' }), context),
  ])
    await assert.rejects(asked, { code: 'NOT_FOUND' })
})

test('what a target stands for', async () => {
  const { context, handlers } = setup()
  const find = async (target: string) =>
    handlers.findTarget(create(FindTargetRequestSchema, { target }), context)
  assert.deepEqual(await find('report.pdf'), { cid: CID_A, name: 'report.pdf' })
  assert.deepEqual(await find(CID_A), { cid: CID_A, name: '' })
  await assert.rejects(find('nobody.pdf'), { code: 'NOT_FOUND' })
  await assert.rejects(find(''), { code: 'INVALID_ARGUMENT' })
})

test('the checks of the node', async () => {
  const { node, context, handlers } = setup()
  node.checks = [{ id: 'index', status: 'broken', title: 'Index h:1', detail: 'Down.', fix: 'Start it.' }]
  const answer = await handlers.getDoctor(create(GetDoctorRequestSchema), context)
  assert.ok(toBinary(GetDoctorResponseSchema, create(GetDoctorResponseSchema, answer)).length > 0)
  assert.deepEqual(answer.checks, node.checks)
})
