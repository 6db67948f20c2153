import assert from 'node:assert/strict'
import { test } from 'node:test'
import { create } from '@bufbuild/protobuf'
import fc from 'fast-check'
import { ProviderSchema } from '../contract/gen/shoal/v1/common_pb.ts'
import { createIdentity } from '../link/identity.ts'
import { providerFromWire } from './provider-wire.ts'

const { peerId } = createIdentity()

test('what makes sense is taken, other addresses and unprintable characters are left out', () => {
  const wire = create(ProviderSchema, {
    peerId,
    name: 'Zoë’s\u001b[2J \u202ePC\n',
    addresses: [
      '10.0.0.1:9081',
      'http://x:1',
      'host',
      '[::1]:9081',
      '10.0.0.1:9081',
      'a:0',
      'pc.local:70000',
    ],
  })
  assert.deepEqual(providerFromWire(wire), {
    peerId,
    name: 'Zoë’s[2J PC',
    addresses: ['10.0.0.1:9081', '[::1]:9081'],
  })
})

test('a PeerId that is none is an error', () => {
  for (const wrong of ['', 'A', `${peerId}x`, '../../etc']) {
    assert.throws(() => providerFromWire(create(ProviderSchema, { peerId: wrong })), { code: 'BAD_RESPONSE' })
  }
})

test('whatever comes, the result is bounded and printable', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'binary', maxLength: 500 }),
      fc.array(fc.string(), { maxLength: 200 }),
      (name, texts) => {
        const many = [...texts, ...texts.map((_, i) => `h${i}:1`)]
        const provider = providerFromWire(create(ProviderSchema, { peerId, name, addresses: many }))
        assert.ok([...provider.name].length <= 64)
        assert.doesNotMatch(provider.name, /[\p{Cc}\u202a-\u202e]/u)
        assert.ok(provider.addresses.length <= 16)
      },
    ),
  )
})
