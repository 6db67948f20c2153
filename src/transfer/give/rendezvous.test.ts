import assert from 'node:assert/strict'
import { test } from 'node:test'
import { seededRandom } from '../../base/random.ts'
import { MAX_TOLD, Rendezvous } from './rendezvous.ts'

const peer = (peerId: string) => ({ peerId, name: '', addresses: [] })

/** Joins and notes who was told of. */
function joins(to: Rendezvous, peerId: string, cid = 'c') {
  const told: string[] = []
  const leave = to.join(cid, peer(peerId), (peers) => told.push(...peers.map((each) => each.peerId)))
  return { told, leave }
}

test('a newcomer is told of the others, and they of it; each file by itself', () => {
  const to = new Rendezvous(seededRandom(1))
  const a = joins(to, 'a')
  const other = joins(to, 'x', 'other file')
  const b = joins(to, 'b')
  const c = joins(to, 'c')
  assert.deepEqual([a.told, b.told, c.told.sort(), other.told], [['b', 'c'], ['a', 'c'], ['a', 'b'], []])
})

test('who has left is not told of, and nobody is told of itself', () => {
  const to = new Rendezvous(seededRandom(1))
  const a = joins(to, 'a')
  a.leave()
  a.leave()
  const b = joins(to, 'b')
  const again = joins(to, 'b')
  assert.deepEqual([b.told, again.told], [[], []])
  b.leave()
  again.leave()
  assert.deepEqual(to.getDebugState(), {})
})

test('nobody is told of more than so many', () => {
  const to = new Rendezvous(seededRandom(1))
  const all = Array.from({ length: 2 * MAX_TOLD }, (_, i) => joins(to, `p${i}`))
  for (const { told } of all) {
    assert.ok(told.length <= MAX_TOLD)
    assert.equal(new Set(told).size, told.length)
  }
  assert.equal(all.at(-1)!.told.length, MAX_TOLD)
})
