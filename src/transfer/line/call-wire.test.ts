import assert from 'node:assert/strict'
import { test } from 'node:test'
import { create } from '@bufbuild/protobuf'
import { GetBlocksResponseSchema } from '../../contract/gen/shoal/v1/peer_pb.ts'
import type { PeerClient } from '../ports.ts'
import { callWire } from './call-wire.ts'

test('a call that is closed while it is paused ends', async () => {
  const ended = Promise.withResolvers<void>()
  const client = {
    getBlocks: async function* () {
      for (;;) yield create(GetBlocksResponseSchema, { response: { case: 'queued', value: { position: 1 } } })
    },
    remoteAddress: () => undefined,
  } as Partial<PeerClient> as PeerClient
  let messages = 0
  const wire = callWire(client, {
    message: () => {
      messages++
      wire.pause()
      setImmediate(() => wire.close())
    },
    place: () => new Uint8Array(1),
    placed: () => {},
    ended: () => ended.resolve(),
  })
  wire.send([])
  await ended.promise
  assert.equal(messages, 1)
})
