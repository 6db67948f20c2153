import assert from 'node:assert/strict'
import { test } from 'node:test'
import Value from 'typebox/value'
import type { DoctorCheck, NodePort } from '../node-port.ts'
import { DoctorReport } from '../schemas/node.ts'
import { FakeNode } from '../testing/fake-node.ts'
import { BEARER, send, startApi } from '../testing/start-api.ts'

const CHECKS: DoctorCheck[] = [
  { id: 'reachability', status: 'ok', title: 'Reachability', detail: 'Fine.', fix: '' },
  { id: 'index', status: 'broken', title: 'Index server h:1', detail: 'Unreachable.', fix: 'Start it.' },
]

/** A node that makes its checks so. */
const nodeWith = (doctor: NodePort['doctor']): NodePort => Object.assign(new FakeNode(), { doctor })

test('the node tells its checks as they are promised, to its owner', async (t) => {
  const { url } = await startApi(t, { port: nodeWith(async () => CHECKS) })
  const { status, body } = await send(`${url}/api/v1/doctor`, { headers: BEARER })
  assert.equal(status, 200)
  const answer = JSON.parse(body)
  assert.deepEqual(answer, { checks: CHECKS })
  assert.ok(Value.Check(DoctorReport, answer))
  assert.equal((await send(`${url}/api/v1/doctor`)).status, 401)
})

test('a caller who leaves ends the checks', async (t) => {
  const begun = Promise.withResolvers<AbortSignal>()
  const { url } = await startApi(t, {
    port: nodeWith((signal) => {
      begun.resolve(signal)
      return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
    }),
  })
  const caller = new AbortController()
  const call = fetch(`${url}/api/v1/doctor`, { headers: BEARER, signal: caller.signal })
  const signal = await begun.promise
  const aborted = new Promise((resolve) => signal.addEventListener('abort', resolve))
  caller.abort()
  await assert.rejects(call)
  await aborted
})
