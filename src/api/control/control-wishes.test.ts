import assert from 'node:assert/strict'
import { test } from 'node:test'
import { create, toBinary, toJson } from '@bufbuild/protobuf'
import {
  AddWishRequestSchema,
  ChangeWishRequestSchema,
  ListWishesRequestSchema,
  RemoveWishRequestSchema,
  SearchWishRequestSchema,
  WishSchema,
} from '../../contract/gen/shoal/v1/node_pb.ts'
import type { CallContext } from '../../link/rpc.ts'
import { FakeWishes, wishViewOf } from '../testing/fake-wishes.ts'
import { wishHandlers, wishToWire } from './control-wishes.ts'

function setup() {
  const asked: unknown[][] = []
  const wishes = new FakeWishes((...what) => asked.push(what))
  const context = { signal: new AbortController().signal } as CallContext
  return { asked, context, handlers: wishHandlers(wishes, () => {}) }
}

test('a wish goes over the wire with all that is known of it', () => {
  const message = create(WishSchema, wishToWire(wishViewOf('w1')))
  assert.ok(toBinary(WishSchema, message).length > 0)
  const json = toJson(WishSchema, message) as { hits: object[]; nextSearchMs: string }
  assert.equal(json.nextSearchMs, '1700000601000')
  assert.deepEqual(json.hits[1], {
    cid: 'bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku',
    ...{ name: 'all holiday photos', sizeBytes: String(2 ** 40), kind: 'ENTRY_KIND_FOLDER' },
    ...{ foundMs: '1700000000000', heldBack: 'size' },
  })
  const { lastSearchedMs: _, nextSearchMs: __, ...fresh } = wishViewOf('w1', { hits: [] })
  assert.equal(create(WishSchema, wishToWire(fresh)).lastSearchedMs, undefined)
})

test('wishes are added, changed, searched for, listed and removed', async () => {
  const { asked, context, handlers } = setup()
  const added = await handlers.addWish(
    create(AddWishRequestSchema, { words: ' old maps ', fetch: true }),
    context,
  )
  const id = String(added.id)
  await handlers.changeWish(create(ChangeWishRequestSchema, { id, seen: true }), context)
  await handlers.searchWish(create(SearchWishRequestSchema, { id }), context)
  const { wishes = [] } = await handlers.listWishes(create(ListWishesRequestSchema), context)
  assert.equal(wishes.length, 2)
  await handlers.removeWish(create(RemoveWishRequestSchema, { id }), context)
  assert.deepEqual(asked, [
    ['wish', 'old maps', true],
    ['change wish', id, { fetch: undefined, seen: true }],
    ['search wish', id],
    ['remove wish', id],
  ])
})

test('what is wrong is said by its code', async () => {
  const { asked, context, handlers } = setup()
  const none = { id: 'none' }
  await assert.rejects(async () => handlers.addWish(create(AddWishRequestSchema, { words: '??' }), context), {
    code: 'INVALID_ARGUMENT',
  })
  await assert.rejects(async () => handlers.changeWish(create(ChangeWishRequestSchema, none), context), {
    code: 'INVALID_ARGUMENT',
  })
  assert.deepEqual(asked, [])
  await assert.rejects(async () => handlers.searchWish(create(SearchWishRequestSchema, none), context), {
    code: 'NOT_FOUND',
  })
  await assert.rejects(async () => handlers.removeWish(create(RemoveWishRequestSchema, none), context), {
    code: 'NOT_FOUND',
  })
})
