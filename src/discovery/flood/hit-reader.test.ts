import assert from 'node:assert/strict'
import { test } from 'node:test'
import { create } from '@bufbuild/protobuf'
import { entryToWire } from '../../content/entry-wire.ts'
import { EntrySchema } from '../../contract/gen/shoal/v1/common_pb.ts'
import { FloodAnswerSchema, SignedPeerRecordSchema } from '../../contract/gen/shoal/v1/neighbour_pb.ts'
import { fileEntry } from '../testing/shared-set.ts'
import { HitReader } from './hit-reader.ts'

const signed = (peerId: string) => create(SignedPeerRecordSchema, { record: Buffer.from(peerId) })

const reader = new HitReader({
  query: { words: 'blue', limit: 10 },
  reader: {
    read({ record }) {
      const peerId = Buffer.from(record).toString()
      if (peerId === 'forged') throw new Error('forged')
      return { peerId, name: '', addresses: [] }
    },
  },
  membership: {
    record: { peerId: 'self', point: 1, signed: signed('self') },
    isGone: (peerId) => peerId === 'gone',
  },
})

test('only what its peer has signed, can be, and was asked for is a hit', () => {
  const blue = fileEntry('deep blue.txt')
  const broken = create(EntrySchema, { ...entryToWire(blue), cid: Uint8Array.of(1) })
  const read = (peerId: string) =>
    reader.read(
      create(FloodAnswerSchema, {
        provider: signed(peerId),
        entries: [entryToWire(blue), entryToWire(fileEntry('red.txt')), broken],
      }),
    )
  const provider = { peerId: 'someone', name: '', addresses: [] }
  assert.deepEqual(read('someone'), [{ entry: blue, providers: [provider] }])
  for (const peerId of ['forged', 'gone', 'self']) assert.deepEqual(read(peerId), [])
  assert.deepEqual(reader.read(create(FloodAnswerSchema, { entries: [entryToWire(blue)] })), [])
})
