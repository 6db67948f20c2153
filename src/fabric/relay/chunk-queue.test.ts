import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { ChunkQueue } from './chunk-queue.ts'

test('gives out what went in, in order, in pieces of any size', () => {
  fc.assert(
    fc.property(
      fc.array(fc.uint8Array({ maxLength: 20 })),
      fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1 }),
      (chunks, sizes) => {
        const queue = new ChunkQueue()
        for (const chunk of chunks) queue.push(chunk)
        const out: Uint8Array[] = []
        for (let i = 0; queue.bytes > 0; i++) {
          const size = sizes[i % sizes.length]!
          const before = queue.bytes
          const piece = queue.take(size)!.subarray()
          assert.ok(piece.length > 0 && piece.length <= size)
          assert.equal(queue.bytes, before - piece.length)
          out.push(piece)
        }
        assert.deepEqual(Buffer.concat(out), Buffer.concat(chunks))
        assert.equal(queue.take(1), undefined)
      },
    ),
  )
})
