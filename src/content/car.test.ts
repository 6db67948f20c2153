import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { CarReader } from '@ipld/car'
import fc from 'fast-check'
import { CID } from 'multiformats/cid'
import { carBlockHead, carHeader } from './car.ts'
import { cidOfDigest, cidToBytes, RAW } from './cid.ts'
import { sha256 } from './verify.ts'

test('the reference reader gets roots and blocks back', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 5 }), async (bodies) => {
      const root = cidOfDigest(RAW, randomBytes(32))
      const blocks = bodies.map((bytes) => ({ cid: cidOfDigest(RAW, sha256(bytes)), bytes }))
      const parts = blocks.flatMap(({ cid, bytes }) => [carBlockHead(cid, bytes.length), bytes])
      const car = await CarReader.fromBytes(Buffer.concat([carHeader(cidToBytes(root)), ...parts]))
      assert.equal(car.version, 1)
      assert.deepEqual((await car.getRoots()).map(String), [root])
      const read = []
      for await (const { cid, bytes } of car.blocks())
        read.push({ cid: cid.toString(), bytes: new Uint8Array(bytes) })
      assert.deepEqual(read, blocks)
    }),
  )
})

test('the header of the empty identity CID, which gateways are probed with', async () => {
  const probe = CID.parse('bafkqaaa')
  const car = await CarReader.fromBytes(carHeader(probe.bytes))
  assert.deepEqual((await car.getRoots()).map(String), ['bafkqaaa'])
  assert.deepEqual(await Array.fromAsync(car.blocks()), [])
})
