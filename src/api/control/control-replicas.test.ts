import assert from 'node:assert/strict'
import { test } from 'node:test'
import { create, toBinary, toJson } from '@bufbuild/protobuf'
import {
  GetReplicaRequestSchema,
  ListKeptRequestSchema,
  ListReplicasRequestSchema,
  NodeKeptReplicaSchema,
  NodeReplicaSchema,
  PinRequestSchema,
  ProveReplicaRequestSchema,
  PushRequestSchema,
  UnpinRequestSchema,
  UnpushRequestSchema,
  WatchReplicaRequestSchema,
} from '../../contract/gen/shoal/v1/node_pb.ts'
import type { CallContext } from '../../link/rpc.ts'
import { CID_A, CID_B } from '../testing/fake-node.ts'
import { FakeReplication, keptReplicaOf, replicaViewOf } from '../testing/fake-replication.ts'
import { keptToWire, replicaHandlers, replicaToWire } from './control-replicas.ts'

function setup(admit: (context: CallContext) => void = () => {}) {
  const asked: unknown[][] = []
  const replication = new FakeReplication((...what) => asked.push(what))
  const context = { signal: new AbortController().signal } as CallContext
  return { asked, context, replication, handlers: replicaHandlers(replication, admit) }
}

test('an order goes over the wire with all that is known of it, and what is kept too', () => {
  const message = create(NodeReplicaSchema, replicaToWire(replicaViewOf(CID_A, { reason: 'too few' })))
  assert.ok(toBinary(NodeReplicaSchema, message).length > 0)
  const { holders, ...order } = toJson(NodeReplicaSchema, message) as { holders: object[] }
  const [kept, fetching] = replicaViewOf(CID_A).holders
  assert.deepEqual(holders, [kept, { peerId: 'peerTwo', state: 'fetching', doneBytes: '5' }])
  assert.equal(fetching?.doneBytes, 5)
  const { holders: _, ...view } = replicaViewOf(CID_A, { reason: 'too few' })
  assert.deepEqual(order, { ...view, kind: 'ENTRY_KIND_FILE', sizeBytes: '10' })
  const held = toJson(NodeKeptReplicaSchema, create(NodeKeptReplicaSchema, keptToWire(keptReplicaOf(CID_A))))
  const { pinned: __, ...rest } = keptReplicaOf(CID_A)
  assert.deepEqual(held, { ...rest, sizeBytes: '5' })
  const { owner, ownerName, path, leaseExpiresMs, ...pinned } = keptReplicaOf(CID_A, { pinned: true })
  assert.equal(create(NodeKeptReplicaSchema, keptToWire(pinned)).leaseExpiresMs, undefined)
})

test('copies are ordered, watched, proved, listed and given up', async () => {
  const { asked, context, handlers } = setup()
  const order = create(PushRequestSchema, { cid: CID_B, replicas: 2, days: 9, zoneFirst: true })
  assert.equal((await handlers.push(order, context)).wanted, 2)
  await handlers.push(create(PushRequestSchema, { path: '/tmp/x', replicas: 1 }), context)
  const request = { cid: CID_B }
  const { replicas = [] } = await handlers.getReplica(create(GetReplicaRequestSchema, request), context)
  assert.deepEqual(
    replicas.map(({ role }) => role),
    ['owner'],
  )
  const states: unknown[] = []
  for await (const { state } of handlers.watchReplica(create(WatchReplicaRequestSchema, request), context))
    states.push(state)
  assert.deepEqual(states, ['placing', 'kept'])
  await handlers.proveReplica(create(ProveReplicaRequestSchema, request), context)
  const first = await handlers.listReplicas(create(ListReplicasRequestSchema, { limit: 2 }), context)
  const { cursor } = first
  const rest = await handlers.listReplicas(create(ListReplicasRequestSchema, { cursor: cursor! }), context)
  assert.deepEqual([first.replicas?.length, rest.replicas?.length, rest.cursor], [2, 1, ''])
  const own = await handlers.listReplicas(create(ListReplicasRequestSchema, { role: 'holder' }), context)
  assert.deepEqual(
    own.replicas?.map(({ role }) => role),
    ['holder'],
  )
  assert.deepEqual(await handlers.unpush(create(UnpushRequestSchema, request), context), {
    ...{ cid: CID_B, told: 1, untold: 1 },
  })
  const options = { peers: [], zoneFirst: true, days: 9, replicas: 2 }
  assert.deepEqual(asked, [
    ['push', { cid: CID_B }, options],
    ['push', { path: '/tmp/x' }, { peers: [], replicas: 1, zoneFirst: undefined, days: undefined }],
    ['prove', CID_B],
    ['unpush', CID_B],
  ])
})

test('what is kept is listed, pinned and unpinned', async () => {
  const { asked, context, handlers } = setup()
  await handlers.pin(create(PinRequestSchema, { cid: CID_B, name: 'x' }), context)
  const kept = await handlers.listKept(create(ListKeptRequestSchema), context)
  assert.deepEqual([kept.replicas?.length, kept.keepsFor, kept.maxBytes], [2, 'trusted', 2n ** 40n])
  await handlers.unpin(create(UnpinRequestSchema, { cid: CID_B }), context)
  assert.deepEqual(asked, [
    ['pin', CID_B, 'x'],
    ['unpin', CID_B],
  ])
})

test('what is wrong is said by its code, and whoever may not ask is refused', async () => {
  const { asked, context, handlers } = setup()
  const none = { cid: CID_B }
  const push = (order: object) => async () => handlers.push(create(PushRequestSchema, order), context)
  for (const order of [
    {},
    { cid: CID_A },
    { cid: CID_A, path: '/x', replicas: 1 },
    { cid: CID_A, replicas: 21 },
  ])
    await assert.rejects(push(order), { code: 'INVALID_ARGUMENT' })
  await assert.rejects(async () => handlers.pin(create(PinRequestSchema, { cid: 'x' }), context), {
    code: 'INVALID_CID',
  })
  assert.deepEqual(asked, [])
  await assert.rejects(async () => handlers.getReplica(create(GetReplicaRequestSchema, none), context), {
    code: 'NOT_FOUND',
  })
  await assert.rejects(async () => handlers.unpin(create(UnpinRequestSchema, none), context), {
    code: 'NOT_FOUND',
  })
  const refused = setup(() => {
    throw new Error('no')
  })
  for (const handler of Object.values(refused.handlers))
    await assert.rejects(async () => {
      const answer = await handler({ cid: CID_A } as never, refused.context)
      if (Symbol.asyncIterator in answer) for await (const _ of answer) assert.fail('answered')
    }, /^Error: no$/)
})
