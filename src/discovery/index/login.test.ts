import assert from 'node:assert/strict'
import { test } from 'node:test'
import { create } from '@bufbuild/protobuf'
import {
  type LoginRequest,
  LoginRequestSchema,
  LoginResponseSchema,
} from '../../contract/gen/shoal/v1/index_pb.ts'
import { heartbeatOf, logIn } from './login.ts'

const intervals: [what: string, asked: number, leaseMs: number, got: number][] = [
  ['as asked', 5000, 15_000, 5000],
  ['not said', 0, 0, 5000],
  ['a lease shorter than two beats', 5000, 6000, 3000],
  ['a busy loop', 1, 15_000, 100],
  ['hardly ever', 4_000_000_000, 4_000_000_000, 60_000],
]

for (const [what, asked, leaseMs, got] of intervals) {
  test(`heartbeat: ${what}`, () => assert.equal(heartbeatOf(asked, leaseMs), got))
}

test('tells no more than the contract allows, and takes no revision that cannot be its own', async () => {
  let seen: LoginRequest | undefined
  const login = async (request: object) => {
    seen = create(LoginRequestSchema, request)
    return create(LoginResponseSchema, {
      heartbeatIntervalMs: 5000,
      leaseMs: 15_000,
      revision: 'r'.repeat(65),
    })
  }
  const addresses = Array.from({ length: 20 }, (_, i) => `h:${i + 1}`)
  const self = { peerId: 'P', name: '😀'.repeat(80), addresses, version: '1', grpcPort: 9081 }
  const { revision, terms } = await logIn({ login }, self, {})
  assert.equal([...seen!.name].length, 64)
  assert.equal(seen!.addresses.length, 16)
  assert.equal(revision, '')
  assert.deepEqual(terms, { heartbeatIntervalMs: 5000, leaseMs: 15_000, observedHost: '' })
})
