import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { ShoalError } from '../../base/errors.ts'
import { replicaViewOf } from '../testing/fake-replication.ts'
import { REPLICA_BOUNDS } from '../views/replica-view.ts'
import { listedReplicas, type PushInput, pushRequest } from './replica-request.ts'

const CID = 'bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku'
const PEER = '12D3KooWD3eckifWpRn9wQpMG9R9hX3sD158z7EqHWmweQAJU5SA'

test('whatever is ordered is within the bounds, or refused for what it is', () => {
  const anyNumber = fc.oneof(fc.integer({ min: -2, max: 5000 }), fc.double(), fc.constant(Number.NaN))
  const input = fc.record(
    {
      cid: fc.oneof(fc.constantFrom(CID, `ipfs://${CID}`, 'x'), fc.string()),
      path: fc.oneof(fc.constantFrom('/a/../b', 'a'), fc.string()),
      replicas: anyNumber,
      peers: fc.array(fc.oneof(fc.constant(PEER), fc.string()), { maxLength: 120, size: 'max' }),
      days: anyNumber,
      zoneFirst: fc.boolean(),
    },
    { requiredKeys: ['replicas'] },
  )
  let taken = 0
  fc.assert(
    fc.property(input, (given: PushInput) => {
      try {
        const { target, options } = pushRequest(given)
        taken++
        assert.ok('cid' in target ? target.cid === CID : target.path.startsWith('/'))
        assert.equal('cid' in target, given.path === undefined)
        for (const [value, most] of [
          [options.replicas, REPLICA_BOUNDS.maxReplicas],
          [options.days ?? 1, REPLICA_BOUNDS.maxDays],
        ] as const)
          assert.ok(Number.isInteger(value) && value >= 1 && value <= most)
        assert.ok((options.peers ?? []).every((peer) => peer === PEER))
        assert.ok((options.peers ?? []).length <= 1)
      } catch (error) {
        assert.ok(error instanceof ShoalError && error.kind.http === 400, String(error))
        assert.ok(error.message.length < 500)
      }
    }),
    { numRuns: 2000, examples: [[{ cid: CID, replicas: 3 }], [{ path: '/a', replicas: 20, days: 3650 }]] },
  )
  assert.ok(taken >= 2)
})

test('pages have each order once, whatever their size', () => {
  const views = fc.uniqueArray(fc.tuple(fc.integer({ min: 0, max: 3 }), fc.nat({ max: 20 })), {
    selector: String,
    maxLength: 30,
  })
  fc.assert(
    fc.property(views, fc.integer({ min: 1, max: 10 }), (all, limit) => {
      const rows = all.map(([createdMs, n]) =>
        replicaViewOf(`cid${n}`, { createdMs, owner: `owner${createdMs}` }),
      )
      const found: unknown[] = []
      let cursor: string | undefined
      do {
        const page = listedReplicas(rows, { limit, cursor })
        found.push(...page.replicas)
        cursor = page.cursor
      } while (cursor !== undefined)
      assert.equal(found.length, rows.length)
      assert.deepEqual(new Set(found), new Set(rows))
    }),
  )
})
